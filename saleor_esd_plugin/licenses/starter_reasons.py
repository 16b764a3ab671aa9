"""The reasons that a new shop begins with; staff change, add and remove them."""

from __future__ import annotations

from typing import Any, Dict, List


def _reason(
    code: str, actions: str, en: str, es: str, pt: str, *, needs_note: bool = False
) -> Dict[str, Any]:
    return {
        "code": code,
        "actions": actions.split(),
        "needs_note": needs_note,
        "texts": {"en": en, "es": es, "pt-br": pt},
    }


STARTER_REASONS: List[Dict[str, Any]] = [
    _reason(
        "PAYMENT_OVERDUE",
        "SUSPEND CANCEL",
        "A payment is overdue.",
        "Hay un pago vencido.",
        "Há um pagamento em atraso.",
    ),
    _reason(
        "PAYMENT_RECEIVED",
        "REINSTATE",
        "The payment has arrived.",
        "El pago fue recibido.",
        "O pagamento foi recebido.",
    ),
    _reason(
        "TERMS_VIOLATED",
        "SUSPEND CANCEL",
        "The license was used against its terms.",
        "La licencia se usó en contra de sus condiciones.",
        "A licença foi usada em desacordo com seus termos.",
        needs_note=True,
    ),
    _reason(
        "CUSTOMER_REQUEST",
        "SUSPEND REINSTATE CANCEL",
        "The customer asked for it.",
        "A pedido del cliente.",
        "A pedido do cliente.",
    ),
    _reason(
        "CONTRACT_TERMINATION",
        "CANCEL",
        "The contract was terminated.",
        "Se rescindió el contrato.",
        "O contrato foi encerrado.",
    ),
    _reason(
        "RESOLVED",
        "REINSTATE",
        "The matter is settled.",
        "El asunto quedó resuelto.",
        "A questão foi resolvida.",
    ),
    _reason(
        "MISTAKE",
        "REINSTATE CANCEL",
        "It was a mistake of ours.",
        "Fue un error nuestro.",
        "Foi um erro nosso.",
    ),
    _reason(
        "OTHER",
        "SUSPEND REINSTATE CANCEL",
        "For another reason; ask the shop.",
        "Por otro motivo; consulte a la tienda.",
        "Por outro motivo; fale com a loja.",
        needs_note=True,
    ),
]
