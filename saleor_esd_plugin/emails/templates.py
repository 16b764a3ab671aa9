"""Where the templates of mails are: in `saleor_esd_plugin/mails`, one for all languages; a shop may have its own."""

from __future__ import annotations

from functools import lru_cache
from typing import Any, List, Tuple

from django.template import Engine, Template, TemplateDoesNotExist

ROOT = "saleor_esd_plugin"
FOLDER = f"{ROOT}/mails"


class MailEngine(Engine):
    """The shop's engine for mails in one language: it finds each template of a mail by two names.

    For `saleor_esd_plugin/mails/_order.txt` it takes the shop's `saleor_esd_plugin/es/_order.txt`, if there is one
    and the language is "es". Templates of the shop may include parts of ours by either name.
    """

    def __init__(self, shop: Engine, language: str):
        # Saleor's loaders read and parse each template anew for each mail; ours are kept, unless somebody works on them.
        kept = [("django.template.loaders.cached.Loader", shop.loaders)]
        super().__init__(
            dirs=shop.dirs,
            debug=shop.debug,
            loaders=shop.loaders if shop.debug else kept,
            string_if_invalid=shop.string_if_invalid,
            file_charset=shop.file_charset,
            libraries=shop.libraries,
            builtins=shop.builtins,
        )
        self.language = language

    def find_template(self, name: str, dirs: Any = None, skip: Any = None) -> Tuple[Template, Any]:
        """As Django's, which asks it for each template that is rendered, included or extended."""
        tried = []
        for candidate in self._names(name):
            try:
                return super().find_template(candidate, dirs, skip)
            except TemplateDoesNotExist as missing:
                tried += missing.tried
        raise TemplateDoesNotExist(name, tried=tried)

    def _names(self, name: str) -> List[str]:
        folder, _, file = name.rpartition("/")
        if folder == FOLDER:
            return [f"{ROOT}/{self.language}/{file}", name]
        if folder.startswith(f"{ROOT}/"):
            return [name, f"{FOLDER}/{file}"]
        return [name]


def engine_for(language: str) -> MailEngine:
    return _engine(Engine.get_default(), language)


@lru_cache(maxsize=32)
def _engine(shop: Engine, language: str) -> MailEngine:
    return MailEngine(shop, language)


def has_folder(kind: str, language: str) -> bool:
    """Whether the shop has a folder for this language with all that a mail of this kind takes."""
    try:
        for file in (f"{kind}.txt", f"{kind}.html", "_footer.txt", "_footer.html"):
            Engine.get_default().get_template(f"{ROOT}/{language}/{file}")
    except TemplateDoesNotExist:
        return False
    return True
