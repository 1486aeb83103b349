"""What may act in a page that is made of a notebook: texts of answers, outputs, and cells that send such outputs."""

from __future__ import annotations

import nbformat
from nbformat import NotebookNode

PNG = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
ACT = "document.title='acted';alert(1)"
BAD = f"x onerror={ACT}"
WIDGETS = "application/vnd.jupyter.widget-state+json"
SPY = "http://spy.example/x.png"

MARKDOWN = (
    f"<script>{ACT}</script>",
    f'<img src=x onerror="{ACT}">',
    f"[click](javascript:{ACT})",
    f"[click](<javascript:{ACT}>)",
    f"[click][it]\n\n[it]: javascript:{ACT}",
    f"[click][it]\n\n[it]:\n  <javascript:{ACT}>",
    f"<javascript:{ACT}>",
    f"[click](JaVaScRiPt&colon;{ACT})",
    "[click](data:text/html;base64,PHNjcmlwdD5hbGVydCgxKTwvc2NyaXB0Pg==)",
    f"![a]({SPY})",
    f"![a](x \"' onerror={ACT} a='\")",
    f"[![a](attachment:a.png)](javascript:{ACT})",
    f"![a](attachment:a.png \"' onerror={ACT} '\")",
    f'<a href="`" title="`><img src=x onerror={ACT}>">x</a>',
    f"&lt;img src=x onerror={ACT}&gt;",
    f"`<img src=x onerror={ACT}>`",
    f"```x onclick={ACT}\n<img src=x onerror={ACT}>\n```",
    f'```mermaid\ngraph LR\nclick a href "javascript:{ACT}"\n```',
    f"$\\href{{javascript:{ACT}}}{{x}}$ $$\\style{{background:url({SPY})}}{{x}}$$",
    f"$<img src=x onerror={ACT}>$",
    f"\\begin{{align}}<img src=x onerror={ACT}>\\end{{align}}",
    f"| a |\n|---|\n| <img src=x onerror={ACT}> |",
    f"# <svg onload={ACT}>\n\n- [ ] <style>@import '{SPY}'</style>",
    f"x[^1]\n\n[^1]: <img src=x onerror={ACT}>",
    f'<iframe srcdoc="<script>parent.{ACT}</script>"></iframe><base href={SPY}><form action={SPY}><button>x</form>',
    f"<!-- --><math><mtext><table><mglyph><style><img src=x onerror={ACT}>",
)
PLAIN = {"text/plain": "plain"}
OUTPUTS: tuple[dict, ...] = (
    {"output_type": "display_data", "data": {"image/png": PNG}, "metadata": {"image/png": {"height": f"1 {BAD}"}}},
    {"output_type": "display_data", "data": {"image/png": PNG}, "metadata": {"image/png": {"width": [f"1 {BAD}"]}}},
    {"output_type": "display_data", "data": {"image/png": PNG}, "metadata": {"width": f"1 {BAD}", "height": {"a": 1}}},
    {"output_type": "display_data", "data": {"image/png": PNG}, "metadata": {"image/png": {"alt": f'" {BAD} "'}}},
    {"output_type": "display_data", "data": {"image/png": PNG}, "metadata": {"filenames": {"image/png": SPY}}},
    {"output_type": "display_data", "data": {"image/png": f'x" {BAD} "'}, "metadata": {}},
    {"output_type": "display_data", "data": {"image/jpeg": PNG}, "metadata": {"image/jpeg": {"height": f"1 {BAD}"}}},
    {"output_type": "display_data", "data": {"text/html": f"<script>{ACT}</script>"} | PLAIN, "metadata": {}},
    {"output_type": "display_data", "data": {"text/html": f"<img src=x onerror={ACT}>"}, "metadata": {"text/html": {"isolated": True}}},
    {"output_type": "display_data", "data": {"application/javascript": ACT}, "metadata": {}},
    {"output_type": "display_data", "data": {"image/svg+xml": f"<svg onload={ACT}></svg>"}, "metadata": {}, "svg_filename": SPY},
    {"output_type": "display_data", "data": {"text/markdown": f"[click](javascript:{ACT}) <img src=x onerror={ACT}>"}, "metadata": {}},
    {"output_type": "display_data", "data": {"text/latex": f"$\\href{{javascript:{ACT}}}{{x}}$"}, "metadata": {}},
    {"output_type": "display_data", "data": {"text/vnd.mermaid": f"graph LR\nclick a href \"javascript:{ACT}\"<img src=x onerror={ACT}>"}, "metadata": {}},
    {"output_type": "display_data", "data": {"application/pdf": "JVBERi0="}, "metadata": {}},
    {"output_type": "display_data", "data": {"application/vnd.jupyter.widget-view+json": {"model_id": f"</script><script>{ACT}"}}, "metadata": {}},
    {"output_type": "execute_result", "data": {"text/html": f"<img src=x onerror={ACT}>"} | PLAIN, "metadata": {}, "execution_count": f"<img src=x onerror={ACT}>"},
    {"output_type": "stream", "name": "stdout", "text": f"<script>{ACT}</script>\x1b]8;;javascript:{ACT}\x07x"},
    {"output_type": "stream", "name": f"stdout\" {BAD}", "text": f"\x1b[31m<img src=x onerror={ACT}>\x1b[\"{BAD}m"},
    {"output_type": "error", "ename": f"<img src=x onerror={ACT}>", "evalue": f"<script>{ACT}</script>", "traceback": [f"<img src=x onerror={ACT}>", {"a": 1}]},
    {"output_type": f"stream\" {BAD}", "text": "x"},
)  # fmt: skip


def notebook(release: NotebookNode) -> NotebookNode:
    """A released notebook with all of this in it, as if it had been executed."""
    cells = [NotebookNode(cell) for cell in release.cells]
    pictures = {"a.png": {"image/png": PNG}, f'" {BAD}.png': {"image/png": f'" {BAD}'}}
    for position, text in enumerate(MARKDOWN):
        cells.append(
            NotebookNode(nbformat.v4.new_markdown_cell(text, id=f"text-{position}"), attachments=pictures)
        )
        cells.append(
            NotebookNode(
                nbformat.v4.new_raw_cell(text, id=f"raw-{position}"), metadata={"raw_mimetype": "text/html"}
            )
        )
    for position, output in enumerate(OUTPUTS):
        cell = nbformat.v4.new_code_cell(f"# </pre><img src=x onerror={ACT}>", id=f"code-{position}")
        cell.outputs, cell.execution_count = [nbformat.from_dict(output)], f"<img src=x onerror={ACT}>"
        cell.metadata = NotebookNode(tags=[f'" {BAD}'], alt=f'" {BAD}', name=f'" {BAD}')
        cells.append(cell)
    about = {"title": f"</title><script>{ACT}</script>", "widgets": {WIDGETS: {"state": {"a": f"</script><script>{ACT}</script>"}}},
             "language_info": {"name": f"</style><script>{ACT}</script>", "pygments_lexer": f'" {BAD}'}}  # fmt: skip
    return NotebookNode(nbformat=4, nbformat_minor=5, metadata=nbformat.from_dict(about), cells=cells)


# Sent by a kernel: what nbclient would put into the notebook as it comes.
SEND = """
kernel = get_ipython().kernel
def send(kind, content):
    kernel.session.send(kernel.iopub_socket, kind, content, parent=kernel.get_parent("shell"))
"""
FROM_A_KERNEL = SEND + "\n".join(
    [f"send('execute_input', {{'code': 'x', 'execution_count': '<img src=x onerror={ACT}>'}})".replace("'acted'", '"acted"')]
    + [f"send({out['output_type']!r}, {({k: v for k, v in out.items() if k != 'output_type'})!r})" for out in OUTPUTS[:-1]
       if out["output_type"] != "error"]
)  # fmt: skip
