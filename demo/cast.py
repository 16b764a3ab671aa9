"""Who and what is in the demo shop: people, products, instructions; and where the seed wrote down its ids."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any, Dict, NamedTuple, Tuple

PASSWORD = "license-demo"


class Person(NamedTuple):
    """Somebody who can sign in, with PASSWORD."""

    name: str
    email: str
    is_staff: bool = False
    is_superuser: bool = False


OWNER = Person("Olga", "olga@shop.example", is_staff=True, is_superuser=True)
APPROVER = Person("Paul", "paul@shop.example", is_staff=True)
# Decides on orders, and sees no stock.
CLERK = Person("Cleo", "cleo@shop.example", is_staff=True)
RESELLER = Person("Rita", "rita@reseller.example")
SHOPPER = Person("Ada", "ada@shopper.example")
GUEST = Person("Gina", "gina@home.example")
PEOPLE = (OWNER, APPROVER, CLERK, RESELLER, SHOPPER, GUEST)

# Of hers too, but she cannot sign in with it: the shop does not know that it is hers.
GUEST_AT_WORK = "gina@work.example"
STAFF_ADDRESS = "licenses@shop.example"
# Who buys the keys of one product, and wants to know when they run out.
STOCK_ADDRESS = "stock@shop.example"
APPROVER_PERMISSIONS = (
    "APPROVE_LICENSES",
    "MANAGE_LICENSES",
    "MANAGE_LICENSE_KEYS",
    "MANAGE_ORDERS",
)
CLERK_PERMISSIONS = ("APPROVE_LICENSES", "MANAGE_LICENSES", "MANAGE_ORDERS")


class Product(NamedTuple):
    """A product for sale; so many `keys` are imported. `pool` are settings of their pool."""

    name: str
    sku: str
    price: float
    keys: int
    policy: Dict[str, Any]
    instructions: Dict[str, str]
    pool: Dict[str, Any] = {}
    # If not, it may be ordered although there is no key.
    tracks_stock: bool = True
    # The SKU of the product whose licenses it renews; it has no keys then.
    renews: str = ""


ATLAS = Product(
    "Atlas Office 2027",
    "ATLAS-2027",
    49,
    20,
    {"approval": "MANUAL", "delivery": "INLINE"},
    {
        "en": "1. Download Atlas from https://atlas.example/get\n2. Start it and choose Help > Activate.\n"
        "3. Enter the product key.",
        "pt-br": "1. Baixe o Atlas em https://atlas.example/get\n2. Abra-o e escolha Ajuda > Ativar.\n"
        "3. Digite a chave do produto.",
        "es": "1. Descargue Atlas de https://atlas.example/get\n2. Ábralo y elija Ayuda > Activar.\n"
        "3. Introduzca la clave del producto.",
    },
)
BEACON = Product(
    "Beacon Cloud, one year",
    "BEACON-1Y",
    120,
    10,
    {"approval": "AUTOMATIC", "delivery": "CLAIM_LINK", "term": "P1Y"},
    {
        "en": "Sign in at https://beacon.example and enter the key under Subscription.",
        "pt-br": "Entre em https://beacon.example e digite a chave em Assinatura.",
        "es": "Entre en https://beacon.example e introduzca la clave en Suscripción.",
    },
)
COMET = Product(
    "Comet Mail",
    "COMET",
    15,
    0,
    {"approval": "AUTOMATIC", "delivery": "INLINE"},
    {
        "en": "Open Comet, choose Settings > License and enter the key.",
        "pt-br": "Abra o Comet, escolha Configurações > Licença e digite a chave.",
        "es": "Abra Comet, elija Ajustes > Licencia e introduzca la clave.",
    },
    {"isGenerated": True},
)
DELTA = Product(
    "Delta Draw",
    "DELTA",
    30,
    0,
    {"approval": "AUTOMATIC", "delivery": "INLINE"},
    {
        "en": "Open Delta, choose Delta > License and enter the key.",
        "pt-br": "Abra o Delta, escolha Delta > Licença e digite a chave.",
        "es": "Abra Delta, elija Delta > Licencia e introduzca la clave.",
    },
    {"lowStockThreshold": 3, "staffAddresses": STOCK_ADDRESS},
    tracks_stock=False,
)
BEACON_AGAIN = Product(
    "Beacon Cloud, another year",
    "BEACON-AGAIN",
    110,
    0,
    {"approval": "AUTOMATIC", "term": "P1Y"},
    {},
    tracks_stock=False,
    renews=BEACON.sku,
)
PRODUCTS: Tuple[Product, ...] = (ATLAS, BEACON, COMET, DELTA, BEACON_AGAIN)


def state_folder() -> Path:
    """Where this shop keeps what it writes: mails, and what the seed made."""
    return Path(
        os.environ.get("ESD_STATE") or Path(__file__).resolve().parent.parent / ".cache" / "demo"
    )


def write_seeded(seeded: Dict[str, Any]) -> None:
    """Keep the ids that the seed was given."""
    (state_folder() / "seed.json").write_text(json.dumps(seeded, indent=1))


def read_seeded() -> Dict[str, Any]:
    """`place` (values of Place), `variants` and `pools` (ids of the API by SKU)."""
    return json.loads((state_folder() / "seed.json").read_text())
