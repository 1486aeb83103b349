"""The page of claims: made from its table, which a chapter may not cite beyond."""

import pytest
from courses import texts

from course_utils.authoring import claims
from course_utils.errors import BuildError

ONE = """
[texts]
S0 = "a blog post"
[areas]
A = "Data"
[[claim]]
id = "A1"
text = "S0"
claim = "CIFAR-10 has 100,000 images."
verdict = "wrong"
fact = "60,000."
source = "the CIFAR page"
course = "01"
"""


@pytest.fixture(scope="module")
def sources():
    return list(texts().values())


def test_each_claim_is_a_row_beneath_its_area():
    page = claims.page(ONE, [])
    assert "- **S0**: a blog post.\n" in page and "## A · Data" in page
    assert (
        '| <a id="A1"></a>A1 | S0 | CIFAR-10 has 100,000 images. | wrong | 60,000. | the CIFAR page | 01 |'
        in page
    )
    assert "| wrong | refuted by the source beside it | 1 |" in page


@pytest.mark.parametrize(
    "old, new, message",
    [
        ('verdict = "wrong"', 'verdict = "rong"', "verdict 'rong'"),
        ('fact = "60,000."\n', "", "has no fact"),
        ("[[claim]]", "[[claim]]\n" + ONE.partition("[[claim]]\n")[2] + "[[claim]]", "A1 twice"),
    ],
)
def test_a_table_that_is_not_as_it_must_be_is_refused(old, new, message):
    with pytest.raises(BuildError, match=message):
        claims.page(ONE.replace(old, new), [])


def test_a_chapter_cites_only_claims_of_the_table(sources):
    assert any(claims.cited_in(source) for source in sources)
    with pytest.raises(BuildError, match="01_concepts cites the claim A"):
        claims.page(ONE.replace("A1", "A99"), sources)


def test_several_claims_are_cited_in_one_breath(sources):
    assert {"A8", "A9", "B9", "B12"} <= claims.cited_in(sources[0])
