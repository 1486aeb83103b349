// Looks for all words of the query in the sections that sections.js holds; nothing leaves the page.
const box = document.getElementById("search");
const list = document.getElementById("found");
const MOST = 20;

function points(section, words) {
  const title = (section.page + " " + section.title).toLowerCase();
  const text = section.text.toLowerCase();
  if (!words.every((word) => title.includes(word) || text.includes(word))) return 0;
  return 1 + words.filter((word) => title.includes(word)).length;
}

function excerpt(text, word) {
  const at = Math.max(0, text.toLowerCase().indexOf(word) - 60);
  return (at ? "… " : "") + text.slice(at, at + 180);
}

function show(section, word) {
  const item = document.createElement("li");
  const link = document.createElement("a");
  link.href = section.link;
  link.textContent = section.page + ": " + section.title;
  const lines = document.createElement("p");
  lines.textContent = excerpt(section.text, word);
  item.append(link, lines);
  return item;
}

box.addEventListener("input", () => {
  const words = box.value.toLowerCase().split(/\s+/).filter(Boolean);
  list.hidden = !words.length;
  list.replaceChildren();
  if (!words.length) return;
  const found = SECTIONS.map((section) => [points(section, words), section]).filter(([n]) => n);
  found.sort((a, b) => b[0] - a[0]);
  list.append(...found.slice(0, MOST).map(([, section]) => show(section, words[0])));
  if (!found.length) list.append(Object.assign(document.createElement("li"), { textContent: "Nothing found." }));
});
