"""What a page names, it links: claims, chapters and their sections."""

import re

from courses import ROOT

from course_utils.authoring import claims, crosslinks

PAGES = {
    "01_concepts.html": "<h2>1 · A win</h2><p>See</p><h2>4 · How many labels?</h2>",
    "02_model_zoo.html": "<h2>1 · Sizes</h2>",
    "claims.html": "<table></table>",
}


def linked(text: str, here: str = "02_model_zoo.html", without: str = "") -> str:
    pages = {file: body for file, body in PAGES.items() if file != without}
    return crosslinks.linked(text, here, crosslinks.addresses(pages))


def test_a_chapter_and_a_section_of_it_are_linked():
    found = linked("<p>(chapter 01, section 4). Chapter 01 begins; chapter 09 is not there.</p>")
    assert '(<a href="01_concepts.html#4-how-many-labels">chapter 01, section 4</a>)' in found
    assert '<a href="01_concepts.html">Chapter 01</a> begins; chapter 09 is not there.' in found


def test_a_section_that_is_not_there_leads_to_its_chapter():
    assert '<a href="01_concepts.html">chapter 01, section 7</a>' in linked("chapter 01, section 7")


def test_claims_are_linked_one_by_one():
    found = linked("<em>so</em> (claims A1 and B12)")
    assert '(claims <a href="claims.html#A1">A1</a> and <a href="claims.html#B12">B12</a>)' in found
    assert linked("(claim A1)", without="claims.html") == "(claim A1)"


def test_code_headings_links_and_the_page_itself_are_left_alone():
    for text in (
        "<pre>chapter 01</pre>",
        "<h2>Chapter 01</h2>",
        '<a href="x">claim A1</a>',
        '<p title="claim A1">',
    ):
        assert linked(text) == text
    assert linked("chapter 02", here="02_model_zoo.html") == "chapter 02"
    assert linked("claim A1", here="claims.html") == "claim A1"


def test_every_claim_has_its_place_on_the_page():
    page = (ROOT / claims.PAGE).read_text(encoding="utf-8")
    assert set(re.findall(r'<a id="(\w+)"></a>(\w+) \|', page)) == {
        (name, name) for name in re.findall(r'^id = "(\w+)"', (ROOT / claims.TABLE).read_text(), re.M)
    }
