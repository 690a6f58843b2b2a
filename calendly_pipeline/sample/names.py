"""Invented people: names put together from parts, and addresses on domains that belong to nobody."""

# ruff: noqa: SIM905 - a list of words is easier to read as text

from calendly_pipeline.sample.dice import Dice

FIRST_NAMES = tuple(
    "Ada Alma Anselm Astrid Basil Beatrix Bruno Cecily Clement Cora Cyril Dahlia Desmond Dora Edith Elias Emeric Enid "
    "Esme Fabian Felicity Fergus Flora Gideon Greta Gwen Hector Henrietta Hugo Ida Ingrid Isadora Jasper Jonas Judith "
    "Kasimir Leander Leonie Linus Lorna Magnus Marguerite Matilda Maurice Mina Nestor Nora Octavia Orson Ottilie Percy "
    "Petra Quentin Rosalind Rufus Selma Silas Sybil Tabitha Theodora Tobias Ursula Verity Walter Winifred Xenia".split()
)
_HEADS = (
    "Alder Amber Apple Ash Barley Bracken Bramble Candle Cinder Clover Copper Cotton Dapple Ember Fallow Fennel Flint "
    "Gander Garnet Hazel Heather Juniper Kestrel Lantern Larch Linden Marble Meadow Nettle Otter Pepper Quill Raven "
    "Saffron Sorrel Tansy Thistle Umber Velvet Willow"
).split()
_TAILS = (
    "bank bourne bridge brook by combe court croft dale den fell field ford garth gate grove ham holt hurst ley lock "
    "mere moor mouth ridge side stead thorpe ton wick wood worth"
).split()
SURNAMES = tuple(head + tail for tail in _TAILS for head in _HEADS)
PROVIDERS = ("example.com", "example.org", "example.net")


def full_name(index: int) -> tuple[str, str]:
    """First and last name of the index-th invented person; they repeat only after some 80,000."""
    first = FIRST_NAMES[index % len(FIRST_NAMES)]
    return first, SURNAMES[(index // len(FIRST_NAMES) + index * 7) % len(SURNAMES)]


def draw_names(dice: Dice, count: int) -> list[tuple[str, str]]:
    """So many full names, no two alike; surnames repeat only when all of them are used up."""
    firsts, surnames = dice.shuffled(FIRST_NAMES), dice.shuffled(SURNAMES)
    if count > len(firsts) * len(surnames) // 2:
        raise ValueError(f"{count} people are more than the invented names can tell apart.")
    rounds = len(surnames)
    return [(firsts[(i + i // rounds * 7) % len(firsts)], surnames[i % rounds]) for i in range(count)]


def local_part(first: str, last: str) -> str:
    """The usual first.last of an address."""
    return f"{first}.{last}".lower()
