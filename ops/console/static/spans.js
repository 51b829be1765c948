// Marking spans: whatever is selected in the text, by mouse or by keys, becomes a span in code
// points of the raw text. Marks are drawn over the text (CSS highlights), which is never altered.
"use strict";
(() => {
  const ALONG = { ArrowRight: 1, ArrowLeft: -1 };
  const kept = new Map(); // flag of this item → its spans
  let item = null;
  let words = []; // of the text: pieces at which the keyboard stops
  let anchor = null;
  let head = null;

  const find = (selector) => document.querySelector(selector);
  const panel = () => find("#spans");
  const active = () => panel() && !panel().hidden;
  const points = (text) => { let count = 0; for (const _ of text) count += 1; return count; };
  const say = (words) => { document.getElementById("said").textContent = words; };
  const flag = () => find('#decide input[name="flag"]:checked')?.value ?? "";

  function spans() {
    const now = find("#work")?.dataset.item ?? null;
    if (now !== item) { kept.clear(); item = now; }
    if (!kept.has(flag())) kept.set(flag(), []);
    return kept.get(flag());
  }

  // -- places in the raw text ---------------------------------------------------------------------

  // The text nodes in order, each with the code point of the raw text at which it begins.
  function pieces() {
    const found = [];
    for (const paragraph of document.querySelectorAll("#work .message [data-text] [data-start]")) {
      let at = Number(paragraph.dataset.start);
      const walker = document.createTreeWalker(paragraph, NodeFilter.SHOW_TEXT | NodeFilter.SHOW_ELEMENT);
      for (let node = walker.nextNode(); node; node = walker.nextNode()) {
        if (node.nodeType === Node.TEXT_NODE) {
          const length = points(node.data);
          found.push({ node, paragraph, start: at, end: at + length });
          at += length;
        } else if (node.dataset.length) at += Number(node.dataset.length); // left out of the page
      }
    }
    return found;
  }

  // The span of a range, or null where it holds no text.
  function span(range) {
    let start = null;
    let end = null;
    for (const piece of pieces()) {
      if (!range.intersectsNode(piece.node)) continue;
      const from = range.startContainer === piece.node ? range.startOffset : 0;
      const to = range.endContainer === piece.node ? range.endOffset : piece.node.data.length;
      if (from >= to) continue;
      start ??= piece.start + points(piece.node.data.slice(0, from));
      end = piece.start + points(piece.node.data.slice(0, to));
    }
    return start === null ? null : { start, end };
  }

  // What the page shows of a span; one range a piece, as they may lie in different paragraphs.
  function ranges({ start, end }) {
    return pieces().filter((piece) => piece.start < end && start < piece.end).map((piece) => {
      const letters = [...piece.node.data];
      const range = new Range();
      const units = (count) => letters.slice(0, count).join("").length;
      range.setStart(piece.node, units(Math.max(start - piece.start, 0)));
      range.setEnd(piece.node, units(Math.min(end, piece.end) - piece.start));
      return range;
    });
  }

  // -- what is marked -----------------------------------------------------------------------------

  function draw() {
    const mine = spans();
    const field = find('#decide input[name="spans"]');
    if (!field) return;
    field.value = mine.length ? JSON.stringify(mine) : "";
    const line = find(".your-marks");
    line.hidden = !mine.length;
    line.querySelector("[data-marks]").textContent = `${mine.length} ${mine.length === 1 ? "mark" : "marks"}`;
    if (window.CSS?.highlights) {
      for (const name of [...CSS.highlights.keys()]) if (name.startsWith("span-")) CSS.highlights.delete(name);
      for (const one of mine) {
        const name = `span-${one.shows}`;
        if (!CSS.highlights.has(name)) CSS.highlights.set(name, new Highlight());
        for (const range of ranges(one)) CSS.highlights.get(name).add(range);
      }
    }
    panel().querySelector(".spans-list").replaceChildren(...mine.map((one, index) => {
      const row = document.createElement("li");
      const kind = document.createElement("mark");
      const words_ = document.createElement("bdi");
      const remove = document.createElement("button");
      row.className = "text-key";
      kind.className = `shows-${one.shows}`;
      kind.textContent = one.shows;
      words_.textContent = ranges(one).map(String).join(" ");
      words_.dir = "auto";
      remove.type = "button";
      remove.className = "button small quiet";
      remove.textContent = "×";
      remove.setAttribute("aria-label", `Remove the mark ${one.shows}: ${words_.textContent}`);
      remove.addEventListener("click", () => { mine.splice(index, 1); draw(); });
      row.append(kind, words_, remove);
      return row;
    }));
  }

  function add(shows, range) {
    const found = span(range);
    if (!found) {
      say("Select some words of the message first.");
      return;
    }
    const mine = spans();
    if (!mine.some((one) => one.start === found.start && one.end === found.end && one.shows === shows)) {
      mine.push({ ...found, shows });
      mine.sort((one, other) => one.start - other.start || one.end - other.end);
    }
    draw();
    say(`Marked as ${shows}: ${range}`);
  }

  function choose(button) {
    const selection = getSelection();
    add(button.dataset.shows, selection.rangeCount ? selection.getRangeAt(0) : new Range());
  }

  // Marks that touch are one span, as the page cuts them where others begin.
  function adopt() {
    const mine = spans();
    const open = new Map();
    for (const mark of document.querySelectorAll("#work .message [data-text] mark")) {
      const range = new Range();
      range.selectNodeContents(mark);
      const found = span(range);
      if (!found) continue;
      for (const name of mark.classList) {
        const shows = /^shows-(.+)$/.exec(name)?.[1];
        if (!find(`#spans [data-shows="${CSS.escape(shows ?? "")}"]`)) continue;
        const before = open.get(shows);
        if (before?.end === found.start) before.end = found.end;
        else {
          open.set(shows, { ...found, shows });
          mine.push(open.get(shows));
        }
      }
    }
    const seen = new Set();
    kept.set(flag(), mine.filter((one) => {
      const key = `${one.start} ${one.end} ${one.shows}`;
      return !seen.has(key) && seen.add(key);
    }).sort((one, other) => one.start - other.start || one.end - other.end));
    draw();
  }

  // -- by keyboard --------------------------------------------------------------------------------

  function split() {
    words = [];
    for (const paragraph of new Set(pieces().map((piece) => piece.paragraph))) {
      const own = pieces().filter((piece) => piece.paragraph === paragraph);
      const text = own.map((piece) => piece.node.data).join("");
      const place = (offset, last) => {
        let left = offset;
        for (const piece of own) {
          const length = piece.node.data.length;
          if (left < length || (last && left === length)) return [piece.node, left];
          left -= length;
        }
        return [own.at(-1).node, own.at(-1).node.data.length];
      };
      const cut = window.Intl?.Segmenter
        ? [...new Intl.Segmenter(undefined, { granularity: "word" }).segment(text)].filter((one) => one.isWordLike)
        : [...text.matchAll(/\S+/g)].map((one) => ({ segment: one[0], index: one.index }));
      for (const { segment, index } of cut) {
        words.push({ from: place(index, false), to: place(index + segment.length, true), paragraph });
      }
    }
  }

  function select() {
    const [first, last] = anchor <= head ? [words[anchor], words[head]] : [words[head], words[anchor]];
    getSelection().setBaseAndExtent(...first.from, ...last.to);
    words[head].from[0].parentElement.scrollIntoView({ block: "nearest" });
    say(`Selected: ${getSelection()}`);
  }

  function move(key, extend) {
    if (!words.length) return;
    let next = 0;
    if (head !== null) {
      const { paragraph } = words[head];
      if (key in ALONG) next = head + ALONG[key] * (paragraph.dir === "rtl" ? -1 : 1);
      else if (key === "ArrowDown") next = words.findIndex((word, at) => at > head && word.paragraph !== paragraph);
      else next = words.findIndex((word) => word.paragraph === words[Math.max(words.findIndex((one) => one.paragraph === paragraph) - 1, 0)].paragraph);
      if (next < 0 && key === "ArrowDown") next = words.length - 1;
    }
    head = Math.min(Math.max(next, 0), words.length - 1);
    if (!extend || anchor === null) anchor = head;
    select();
  }

  // -- on and off ---------------------------------------------------------------------------------

  function mark(on) {
    const reveal = document.getElementById("reveal");
    panel().hidden = !on;
    find("#work").classList.toggle("marking", on);
    find("[data-spans]").setAttribute("aria-expanded", on);
    anchor = head = null;
    if (on) {
      if (reveal && !reveal.checked) reveal.click(); // nobody can mark what he cannot read
      split();
      draw();
      document.activeElement?.blur?.();
      find("#work").focus({ preventScroll: true });
      say("Marking. Arrow keys go by word, Shift extends, a number says what it shows, Escape ends.");
    } else getSelection().removeAllRanges();
  }

  document.addEventListener("click", (event) => {
    const button = event.target.closest?.("[data-spans], #spans button");
    if (!button) return;
    if (button.matches("[data-spans]")) mark(!active());
    else if (button.dataset.shows) choose(button);
    else if ("adopt" in button.dataset) adopt();
    else if ("done" in button.dataset) mark(false);
  });
  // A button that takes the focus would take the selection with it.
  document.addEventListener("mousedown", (event) => { if (event.target.closest?.("#spans [data-shows]")) event.preventDefault(); });
  document.addEventListener("change", (event) => { if (event.target.name === "flag" && panel()) draw(); });

  document.addEventListener("keydown", (event) => {
    if (!active() || event.ctrlKey || event.altKey || event.metaKey || event.isComposing) return;
    if (document.querySelector("dialog[open], #why:not([hidden])")) return;
    if (event.target.matches?.('textarea, select, input:not([type="radio"], [type="checkbox"])')) return;
    const digit = /^(?:Digit|Numpad)([1-9])$/.exec(event.code)?.[1];
    if (event.key.startsWith("Arrow")) move(event.key, event.shiftKey);
    else if (digit && !event.shiftKey) panel().querySelectorAll("[data-shows]")[digit - 1]?.click();
    else if (event.key === "Escape") mark(false);
    else return;
    event.preventDefault();
    event.stopImmediatePropagation();
  }, true);
})();
