// Keys press the page's own buttons: each bears its key in data-key, and help.html lists them all.
// They never fire while somebody types, nor with Ctrl, Alt or Meta, and on any keyboard layout.
"use strict";
(() => {
  const ARROWS = { ArrowDown: 1, ArrowUp: -1, j: 1 };
  const WAIT = 1500; // ms within which the second key of "g r" is awaited
  let going = 0;

  const find = (selector) => document.querySelector(selector);
  const typing = (element) => element instanceof Element && (element.isContentEditable
    || element.matches('textarea, select, input:not([type="radio"], [type="checkbox"], [type="button"], [type="submit"])'));

  // The letter meant: what the key says where that is Latin, else where it lies on the keyboard.
  function meant(event) {
    if (/^[a-z]$/i.test(event.key)) return event.key.toLowerCase();
    if (["?", "؟"].includes(event.key) || (event.shiftKey && event.code === "Slash")) return "?";
    if (/^[\x21-\x7e]$/.test(event.key)) return event.key;
    if (/^\p{L}|\p{M}$/u.test(event.key) || event.key === "Dead" || event.key === "Process") {
      const letter = /^Key([A-Z])$/.exec(event.code);
      if (letter) return letter[1].toLowerCase();
    }
    if (/^\p{Nd}$/u.test(event.key)) return /^(?:Digit|Numpad)(\d)$/.exec(event.code)?.[1] ?? event.key;
    if (event.code === "Slash" && event.key.length === 1) return "/";
    return event.key;
  }

  // -- reasons ------------------------------------------------------------------------------------

  const why = () => find("#why:not([hidden])");
  const reasons = (judgement) => find(`#reason optgroup[data-judgement="${CSS.escape(judgement)}"]`);

  function ask(button) {
    const panel = find("#why");
    const list = panel.querySelector(".why-list");
    const title = panel.querySelector("#why-title");
    title.textContent = `Why ${button.value}?`;
    list.replaceChildren(...[...reasons(button.value).children].map((option, index) => {
      const choice = document.createElement("button");
      const key = document.createElement("kbd");
      choice.type = "button";
      choice.className = "button small";
      key.textContent = index + 1;
      if (index < 9) choice.append(key, " ");
      choice.append(option.textContent);
      choice.addEventListener("click", () => {
        option.selected = true;
        panel.hidden = true;
        button.click();
      });
      return choice;
    }));
    if (!("required" in reasons(button.value).dataset)) {
      const none = document.createElement("button");
      none.type = "button";
      none.className = "button small quiet";
      none.textContent = "No reason";
      none.addEventListener("click", () => {
        find("#reason").value = "";
        panel.hidden = true;
        button.click();
      });
      list.append(none);
    }
    panel.hidden = false;
    panel.dataset.for = button.dataset.key ?? "";
    panel.focus(); // not the first reason: Enter would choose it unread
  }

  // Before the form goes: a reason where one is asked for, and where one was chosen that belongs to
  // another judgement.
  document.addEventListener("click", (event) => {
    const button = event.target.closest?.('#decide button[name="judgement"]');
    if (!button) return;
    const chosen = find("#reason").selectedOptions[0];
    const group = chosen?.closest("optgroup");
    const foreign = group && group.dataset.judgement !== button.value;
    const own = reasons(button.value);
    if (foreign && !own) find("#reason").value = "";
    if (own && (foreign || ("required" in own.dataset && !find("#reason").value))) {
      event.preventDefault();
      event.stopPropagation();
      ask(button);
    }
  }, true);

  // -- panels -------------------------------------------------------------------------------------

  function panel(name, open) {
    const details = document.getElementById(name);
    details.open = open ?? !details.open;
    for (const button of document.querySelectorAll(`[data-panel="${name}"]`)) button.setAttribute("aria-expanded", details.open);
    if (details.open) {
      (details.querySelector("textarea") ?? details.querySelector("select"))?.focus();
      details.scrollIntoView({ block: "nearest" });
    } else find("#work").focus({ preventScroll: true });
  }
  document.addEventListener("click", (event) => {
    const opener = event.target.closest?.("[data-panel], [data-open]");
    if (opener?.dataset.panel) panel(opener.dataset.panel);
    if (opener?.dataset.open) help();
  });

  function help() {
    const dialog = document.getElementById("help");
    if (dialog.open) dialog.close();
    else dialog.showModal();
  }

  function escape(event) {
    if (why()) {
      why().hidden = true;
      find("#work").focus({ preventScroll: true });
    } else if (typing(document.activeElement)) {
      event.preventDefault(); // or a field of a search would be emptied
      document.activeElement.blur();
      find("#work")?.focus({ preventScroll: true });
    } else for (const name of ["change", "note"]) if (document.getElementById(name)?.open) panel(name, false);
  }

  // -- what a key does ----------------------------------------------------------------------------

  function flag(step, event) {
    const all = [...document.querySelectorAll('#decide input[name="flag"]:enabled')];
    if (all.length < 2) return;
    event.preventDefault();
    const at = all.findIndex((one) => one.checked);
    const next = all[Math.min(Math.max(at + step, 0), all.length - 1)];
    next.click();
    next.focus({ preventScroll: true });
    next.closest(".flag").scrollIntoView({ block: "nearest" });
  }

  function details() {
    const parts = [...document.querySelectorAll("#work .part")];
    const open = parts.some((part) => !part.open);
    parts.forEach((part) => { part.open = open; });
  }

  function go(letter) {
    const link = find(`main [data-go="${letter}"]`) ?? find(`[data-go="${letter}"]`);
    link?.click();
  }

  function press(key, event) {
    const button = find(`main [data-key="${CSS.escape(key)}"]`);
    if (!button) return;
    event.preventDefault();
    const acts = button.matches('button[name="judgement"], form[data-saving] button:not([type="button"])');
    if (acts && (event.repeat || !("ready" in find("#work").dataset))) return;
    if (button.matches("input")) {
      button.focus();
      button.select();
    } else if (button.matches("summary")) {
      button.parentElement.open = !button.parentElement.open;
      if (button.parentElement.open) button.scrollIntoView({ block: "nearest" });
    } else button.click();
  }

  document.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.isComposing || event.ctrlKey || event.altKey || event.metaKey) return;
    if (event.getModifierState("AltGraph")) return;
    if (event.key === "Escape") {
      if (!find("dialog[open]")) escape(event);
      return;
    }
    if (typing(event.target)) return;
    const key = meant(event);
    if (key === "?") {
      event.preventDefault();
      help();
      return;
    }
    if (find("dialog[open]")) return;
    if (why() && /^[1-9]$/.test(key)) {
      event.preventDefault();
      if (!event.repeat) why().querySelectorAll(".why-list button")[key - 1]?.click();
      return;
    }
    if (performance.now() - going < WAIT && going) {
      going = 0;
      event.preventDefault();
      go(key);
    } else if (key === "g") going = performance.now();
    else if (key in ARROWS) {
      if (!event.target.matches?.('input[type="radio"]') || key === "j") flag(ARROWS[key], event);
    } else if (key === "o") details();
    else if (/^[a-z/]$/.test(key)) press(key, event);
  });
})();
