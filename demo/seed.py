"""`python -m demo.seed`: people and a small catalogue, put into a shop that runs (ESD_DEMO_URL) on this database.

People are made in the database, as nobody can sign in before; all else goes through /graphql/. With `--serve` it
ends with what to paste into the playground.
"""

from __future__ import annotations

import json
import sys
from typing import Any, Dict, List
from urllib.parse import urljoin, urlsplit

import django
from graphql import parse, print_ast

from demo import cast, documents, provider, web
from demo.shop import Place, Shop, open_shop


def seed() -> Dict[str, Any]:
    """Fill the shop; what `cast.read_seeded` gives. For an empty shop only."""
    from demo import people

    users = {
        person: people.make_user(
            person.email, cast.PASSWORD, is_staff=person.is_staff, is_superuser=person.is_superuser
        )
        for person in cast.PEOPLE
    }
    shop = open_shop(web.post)
    owner = shop.sign_in(cast.OWNER.email, cast.PASSWORD)
    shop.make_group(owner, "Owners", ["MANAGE_ORDERS"], [people.user_id(users[cast.OWNER])])
    shop.make_group(
        owner, "Licenses", cast.APPROVER_PERMISSIONS, [people.user_id(users[cast.APPROVER])]
    )
    shop.make_group(owner, "Orders", cast.CLERK_PERMISSIONS, [people.user_id(users[cast.CLERK])])
    shop.set_domain(owner, urlsplit(web.api_url()).netloc)
    shop.set_plugin(
        owner, active=True, **{"Staff address": cast.STAFF_ADDRESS, "Buyer portal": "true"}
    )
    shop.sell_large_quantities(owner)
    place = shop.set_up(owner, "demo")
    staff = shop.sign_in(cast.APPROVER.email, cast.PASSWORD)
    seeded: Dict[str, Any] = {"place": place, "variants": {}, "pools": {}}
    for product in cast.PRODUCTS:
        variant = shop.make_product(
            owner,
            place,
            name=product.name,
            sku=product.sku,
            price=product.price,
            tracks_stock=product.tracks_stock,
        )
        seeded["variants"][product.sku] = variant
        if product.renews:
            make_renewal(shop, staff, product, variant, seeded["variants"][product.renews])
            print(f"  {product.name}: renews licenses of {product.renews}")
            continue
        seeded["pools"][product.sku] = make_licensed(shop, staff, product, variant)
        keys = "generated" if product.pool.get("isGenerated") else product.keys or "no"
        print(f"  {product.name}: {keys} keys, {product.policy['approval']} approval")
    make_reseller(shop, staff, users[cast.RESELLER])
    cast.write_seeded(seeded)
    return seeded


def make_licensed(shop: Shop, staff: str, product: cast.Product, variant: str) -> str:
    """A pool with keys and a policy for the variant; the pool's id. Keys: first a dry run, then for good."""
    pool = shop.do(
        documents.POOL_CREATE,
        staff,
        input={"name": product.name, "format": "5X5_25", **product.pool},
    )["pool"]["id"]
    if product.keys:
        keys = {
            "pool": pool,
            "keys": keys_of_a_supplier(product.keys),
            "supplier": "Demo Supplies",
        }
        for dry_run in (True, False):
            report = shop.do(documents.KEYS_IMPORT, staff, input={**keys, "dryRun": dry_run})[
                "report"
            ]
            assert (report["accepted"], report["refused"]) == (product.keys, 0), report
            assert report["imported"] == (0 if dry_run else product.keys), report
    shop.do(
        documents.POLICY_CREATE,
        staff,
        input={
            "variant": variant,
            "pool": pool,
            "name": product.name,
            "instructions": [
                {"language": language, "text": text}
                for language, text in product.instructions.items()
            ],
            **product.policy,
        },
    )
    return pool


def make_renewal(shop: Shop, staff: str, product: cast.Product, variant: str, renewed: str) -> None:
    """A policy by which units of the variant renew licenses of the other one."""
    given = {"variant": variant, "kind": "RENEWAL", "renews": [renewed], "name": product.name}
    shop.do(documents.POLICY_CREATE, staff, input={**given, **product.policy})


def make_reseller(shop: Shop, staff: str, user: Any) -> None:
    """Staff mark the account as a reseller's: he assigns keys to end customers, none is mailed to him."""
    from demo.people import user_id

    reseller = {"user": user_id(user), "name": "Rita's Resale", "isReseller": True}
    shop.do(documents.ACCOUNT_CREATE, staff, input=reseller)


def keys_of_a_supplier(count: int) -> List[str]:
    """Random keys, as a software maker would send them in a list."""
    from saleor_esd_plugin.keys.formats import FORMATS

    return [FORMATS["5X5_25"].generate().reveal() for _ in range(count)]


def tell_how_to_try(seeded: Dict[str, Any]) -> None:
    """Address, people, tokens and documents to paste."""
    shop = open_shop(web.post)
    print(f"\nThe playground is at {web.api_url()}")
    print(f"\nPeople, all with the password {cast.PASSWORD}:")
    roles = {
        cast.OWNER: "superuser",
        cast.APPROVER: "staff: approves, manages licenses and keys",
        cast.RESELLER: "reseller",
        cast.SHOPPER: "shopper",
        cast.GUEST: "shopper, buys as a guest in the story",
    }
    for person, role in roles.items():
        print(f"  {person.email:24} {role}")
        print(f"    Authorization: {shop.sign_in(person.email, cast.PASSWORD)}")
    address, secret = urljoin(web.api_url(), provider.PATH), provider.signing_secret()
    print(f"\nStripe's messages go to {address}")
    print(f"  signed with {secret or 'no secret, so that none is taken in'}")
    _offer_something_to_do(shop, Place(*seeded["place"]), seeded["variants"])


def _offer_something_to_do(shop: Shop, place: Place, variants: Dict[str, str]) -> None:
    """Two orders, and a document for each kind of user that does something with them."""
    rita, ada = (
        shop.sign_in(person.email, cast.PASSWORD) for person in (cast.RESELLER, cast.SHOPPER)
    )
    for_ada = shop.checkout(
        place, (variants[cast.COMET.sku], 2), email=cast.SHOPPER.email, authorization=ada
    )
    payment = provider.new_id("pi")
    shop.pay(for_ada, ada, token=payment)
    shop.complete(for_ada, ada)
    print(f"  about {payment}: Ada has paid two copies of Comet Mail by it, 30.00 USD")
    order = shop.buy(
        place, (variants[cast.ATLAS.sku], 6), email=cast.RESELLER.email, authorization=rita
    )
    account = shop.do(documents.ORDER, rita, order=order["id"])["account"]["id"]
    _paste("Ada, a shopper, looks at what she bought", documents.MY_ORDERS, {})
    customer = {"code": "C-100", "name": "Müller & Söhne GmbH", "email": "it@muller.example"}
    _paste(
        "Rita, a reseller, creates an end customer",
        documents.END_CUSTOMER_CREATE,
        {"input": {"account": account, **customer}},
    )
    _paste(
        "Paul, of the shop's staff, approves Rita's order of six",
        documents.APPROVE,
        {"input": {"id": order["id"]}},
    )


def _paste(title: str, document: str, variables: Dict[str, Any]) -> None:
    words = json.dumps(variables, ensure_ascii=False)
    print(f"\n{title}:\n\n{print_ast(parse(document)).strip()}\n\nVariables: {words}")


def main(arguments: List[str]) -> int:
    django.setup()
    from saleor.account.models import User

    from saleor_esd_plugin.host.db import writing

    with writing():
        if User.objects.filter(email=cast.OWNER.email).exists():
            print(
                "This shop has its people and products already; nothing was changed.",
                file=sys.stderr,
            )
            return 1
    print("Filling the shop:")
    seeded = seed()
    if "--serve" in arguments:
        tell_how_to_try(seeded)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
