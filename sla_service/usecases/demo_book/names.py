"""Made-up names of stores and agencies, each from three short lists of a language.

Every character has a glyph in the fonts that statements embed. Those have no Arabic: Gulf names are in Latin letters.
"""

from __future__ import annotations

from dataclasses import dataclass

STRIDE = 104_729
"""A prime that divides no list's length: stepping by it visits every combination once before any comes again."""


@dataclass(frozen=True, slots=True)
class Words:
    """Three lists of a language and what joins a word of each."""

    firsts: tuple[str, ...]
    middles: tuple[str, ...]
    endings: tuple[str, ...]
    joiner: str


def _words(firsts: str, middles: str, endings: str, joiner: str) -> Words:
    """First and middle words are parted by blanks, a hyphen standing for one; endings by commas."""
    goods = tuple(word.replace("-", " ") for word in middles.split())
    return Words(tuple(firsts.split()), goods, tuple(endings.split(",")), joiner)


STORES: dict[str, Words] = {
    "en": _words(
        "Amber Birch Bramble Brightwater Cinder Clover Copper Cosy Driftwood Ember Fable Fern Gentle Harbour Hazel "
        "Heather Honest Indigo Ivory Juniper Kestrel Larkspur Linden Little Maple Meadow Merry Mossy Northern Oak "
        "Nettle Orchard Otter Paper Pebble Quiet Quill Raven River Rowan Saffron Salt Sparrow Thistle Tidal Velvet "
        "Willow Wagtail",
        "Bakery Basket Bath Beads Bicycle Book Button Camera Candle Ceramics Cheese Clock Coffee Cotton Denim Fabric "
        "Garden Glass Guitar Hat Honey Jewellery Kitchen Kite Lamp Leather Linen Map Pantry Pet Plant Poster Rug Shoe "
        "Soap Tea Toy",
        "Company,& Co,Goods,House,Market,Studio,Supply,Trading",
        " ",
    ),
    "zh": _words(
        "云岭 江南 青禾 松间 海棠 晨星 竹里 半山 拾光 南巷 一叶 墨白 山海 花朝 初雪 知夏 听雨 乐陶 望月 长风 木棉 "
        "金麦 小满",
        "茶叶 文具 家居 服饰 饰品 母婴 户外 数码 陶瓷 香氛 童书 宠物 厨具 花艺 皮具 糕点 乐器",
        "商店,旗舰店,工坊,商行,铺子,贸易有限公司,生活馆,优选",
        "",
    ),
    "ja": _words(
        "さくら 青空 山吹 ひだまり 月見 小春 若葉 千鳥 みなと 木漏れ日 花筏 夕凪 雪うさぎ",
        "文具 雑貨 和菓子 陶器 珈琲 古着 革細工 手芸 絵本 園芸 眼鏡",
        "店,堂,商店,工房,本舗,の森,製作所",
        "",
    ),
    "de": _words(
        "Bergglück Blütenstaub Dünengras Eichhörnchen Fuchsbau Grünspecht Hafenkante Heidschnucke Königsbach Lindenhof "
        "Morgenröte Mühlrad Nebelhorn Rübezahl Silberdistel Süderelbe Weißdorn Übermut Zaunkönig",
        "Buchladen Fahrräder Gartenbedarf Gewürze Holzspielzeug Kaffeerösterei Käserei Lederwaren Möbelwerk Papeterie "
        "Strickwaren Teekontor Töpferei",
        "e. K.,GmbH,KG,OHG,& Söhne,& Töchter",
        " ",
    ),
    "fr": _words(
        "Atelier Boutique Cabane Comptoir Échoppe Épicerie Fabrique Grenier Maison Manufacture Marché",
        "Aurélie Céleste d’Été de-la-Forêt de-l’Étoile des-Chênes des-Lumières du-Château du-Crépuscule du-Hérisson "
        "du-Moulin François Noël Zoé",
        "SARL,& Fils,& Cie,en ligne,SAS,& Filles,Frères",
        " ",
    ),
    "es": _words(
        "Almacén Bodega Botica Casa Florería Jardín Librería Mercería Panadería Papelería Taller Tienda Vivero",
        "Araucaria Colibrí Corazón Cigüeña Lucía Ñandú Niñez Otoño Pájaro Peña Sueño",
        "e Hijas,Hermanos,Online,S. L.,SpA,y Cía,y Compañía",
        " ",
    ),
    "pt": _words(
        "Armazém Ateliê Bazar Boutique Casa Confeitaria Empório Floricultura Livraria Loja Oficina Padaria Quitanda",
        "Açucena Avelã Coração Feijão Girassol Limão Maçã Manhã Pitanga Sabiá Verão",
        "Ltda,& Irmãos,& Filhas,Brasil,Online,e Cia,ME",
        " ",
    ),
    "gulf": _words(
        "Bayt Burj Dana Dar Diwan Mina Najma Nakheel Qamar Rawda Safa Sahara Sidra Warda Yasmin Zahra",
        "Abaya Amber Carpets Coffee Dates Falconry Honey Incense Lanterns Oud Pearls Perfume Spices",
        "Co.,Gallery,House,Trading,W.L.L.",
        " ",
    ),
}

AGENCIES: dict[str, Words] = {
    "en": _words(
        "Anchor Beacon Bridgewell Cartwheel Compass Fairlead Fathom Fieldnote Halyard Keystone Lantern Lodestar "
        "Northfold Parcel Sextant Signpost Tandem Tradewind Wayfinder",
        "Commerce Digital Retail Storefront",
        "Agency,Collective,& Co,Group,Partners,Works",
        " ",
    ),
    "zh": _words(
        "启航 云帆 汇通 智链 同舟 远景 博雅 星河 百川", "电商 数字 跨境 网络 品牌", "服务,咨询有限公司,科技,代运营", ""
    ),
    "de": _words(
        "Elbufer Kompass Leuchtturm Nordwind Schlüssel Würfel", "Handel Netz Shop", "GmbH,Agentur,& Brüder", " "
    ),
    "fr": _words("Boussole Cap Étincelle Phare Réseau", "Commerce Numérique Vitrine", "Conseil,SARL,Associés", " "),
    "ja": _words("あおぞら つばさ はやぶさ みらい", "通販 商い 電子商取引", "支援,企画,株式会社", ""),
}


def store_name(language: str, number: int) -> str:
    """The name of store ``number``; names come again only after thousands in the same language."""
    return _combine(STORES[language], number)


def agency_name(language: str, number: int) -> str:
    """The name of agency ``number``; languages without a list of their own get an English one."""
    return _combine(AGENCIES.get(language, AGENCIES["en"]), number)


def _combine(words: Words, number: int) -> str:
    rest, first = divmod(number * STRIDE, len(words.firsts))
    rest, middle = divmod(rest, len(words.middles))
    ending = words.endings[rest % len(words.endings)]
    return words.joiner.join((words.firsts[first], words.middles[middle], ending))
