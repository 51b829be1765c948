// Saving: an act counts as saved only when the server has answered it with the next piece of work.
// Until then nothing is cleared, and what went wrong is said where nobody can miss it.
"use strict";
(() => {
  const root = document.documentElement;
  root.classList.add("js");
  const problem = document.getElementById("problem");
  const offline = document.getElementById("offline");
  const said = document.getElementById("said");
  const PAUSE = 200; // ms for which a new item takes no key: a key pressed twice must not decide two
  let failed = null; // the button of the act that was not saved
  let under_way = 0; // acts that wait for their answer

  const work = () => document.getElementById("work");
  const act = (element) => element?.closest?.("form[data-saving]");
  // Where the server would rather have us go: to sign in, or to choose a password.
  const elsewhere = (xhr) => xhr.getResponseHeader("HX-Redirect")
    ?? (new URL(xhr.responseURL || "/", location.href).pathname === "/sign-in" ? "/sign-in" : null);

  function say(words) {
    if (said) said.textContent = words;
  }

  // -- what was not saved ---------------------------------------------------------------------

  function fail(form, why, door = null) {
    failed = form.pressed?.isConnected ? form.pressed : form.querySelector("button");
    problem.querySelector("[data-what]").textContent = `${form.dataset.saving} was NOT saved.`;
    problem.querySelector("[data-why]").textContent = `${why} What you entered is still here.`;
    problem.querySelector("[data-sign-in]").hidden = !door;
    if (door) problem.querySelector("[data-sign-in]").href = door;
    problem.hidden = false;
    // The button comes back to life only after this event.
    setTimeout(() => problem.querySelector("[data-again]").focus(), 0);
  }

  function reason(xhr) {
    const type = xhr.getResponseHeader("Content-Type") || "";
    let words = "";
    try {
      if (type.includes("json")) {
        const detail = JSON.parse(xhr.responseText).detail;
        words = typeof detail === "string" ? detail : "The server did not accept it.";
      } else if (type.includes("html")) {
        const page = new DOMParser().parseFromString(xhr.responseText, "text/html");
        words = page.querySelector("main p, p, h1")?.textContent ?? "";
      } else words = xhr.responseText;
    } catch { /* an answer that nobody can read says nothing */ }
    words = words.trim().replace(/\s+/g, " ").slice(0, 300);
    if (xhr.status === 401 || xhr.status === 403) words ||= "You may no longer do this, or you were signed out.";
    return /[.!?]$/.test(words) || !words ? words || `The server answered ${xhr.status}.` : `${words}.`;
  }

  // A session that began anew has another token; any page of the console bears it.
  async function renew() {
    const answer = await fetch("/settings", { credentials: "same-origin", redirect: "manual" });
    if (!answer.ok) throw new Error("signed out");
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const headers = page.body.getAttribute("hx-headers");
    const token = JSON.parse(headers)["X-CSRF-Token"];
    document.body.setAttribute("hx-headers", headers);
    document.querySelectorAll('input[name="csrf"]').forEach((field) => { field.value = token; });
  }

  problem?.querySelector("[data-again]").addEventListener("click", async () => {
    const button = failed;
    const words = problem.querySelector("[data-why]");
    try { await renew(); } catch {
      if (!problem.querySelector("[data-sign-in]").hidden) {
        words.textContent = "You are still signed out. Sign in in the new tab, come back, and try again. What you entered is still here.";
        return;
      }
    }
    words.textContent = "Trying again…";
    button?.click();
  });
  problem?.querySelector("[data-close]").addEventListener("click", () => {
    problem.hidden = true;
    failed = null;
    work()?.focus();
  });

  document.addEventListener("submit", (event) => { event.target.pressed = event.submitter; }, true);
  addEventListener("beforeunload", (event) => { if (failed || under_way) event.preventDefault(); });

  document.addEventListener("htmx:beforeRequest", (event) => { if (act(event.target)) under_way += 1; });
  document.addEventListener("htmx:afterRequest", (event) => { if (act(event.detail.elt)) under_way -= 1; });

  document.addEventListener("htmx:beforeOnLoad", (event) => {
    const form = act(event.detail.elt);
    const door = elsewhere(event.detail.xhr);
    if (!form || !door) return;
    event.preventDefault(); // or the page would go, and with it what was typed
    fail(form, "You were signed out. Sign in in a new tab, come back here, and try again.", "/sign-in");
  });
  document.addEventListener("htmx:beforeSwap", (event) => {
    const form = act(event.detail.requestConfig.elt); // the event is one of what is replaced
    if (!form || event.detail.isError || event.detail.xhr.status === 204) return;
    if (/\bid="work"/.test(event.detail.serverResponse)) return;
    event.detail.shouldSwap = false;
    fail(form, "The answer was not one of this server.");
  });
  document.addEventListener("htmx:responseError", (event) => {
    const { elt, xhr } = event.detail;
    const form = act(elt);
    if (form) fail(form, reason(xhr), xhr.status === 401 ? "/sign-in" : null);
    else not_loaded(elt);
  });
  for (const name of ["htmx:sendError", "htmx:timeout", "htmx:sendAbort"]) {
    document.addEventListener(name, (event) => {
      const form = act(event.detail.elt);
      if (form) fail(form, name === "htmx:timeout" ? "The server takes too long to answer." : "The server did not answer.");
      else not_loaded(event.detail.elt);
    });
  }
  document.addEventListener("htmx:swapError", (event) => {
    const form = act(event.detail.elt);
    if (form) fail(form, "The answer could not be shown; it may be saved. Load the page again.");
  });

  function not_loaded(element) {
    if (!element.matches?.(".part-body")) return;
    const words = document.createElement("p");
    words.className = "notice bad";
    words.textContent = "Could not be loaded. ";
    const again = document.createElement("button");
    again.className = "button small";
    again.type = "button";
    again.textContent = "Try again";
    again.addEventListener("click", () => htmx.ajax("GET", element.getAttribute("hx-get"), element));
    words.append(again);
    element.replaceChildren(words);
  }

  // -- on to the next ---------------------------------------------------------------------------

  // What was open stays open: whoever reads the channel's record reads it for every item.
  let opened = null;
  let lifted = { item: null, ids: [] }; // of one item what was revealed is revealed for all its flags
  document.addEventListener("htmx:beforeSwap", (event) => {
    if (event.detail.target?.id !== "work") return;
    opened = new Map([...document.querySelectorAll("#work .part")].map((part) => [part.dataset.part, part.open]));
    lifted = { item: work().dataset.item, ids: ["reveal", "unfold"].filter((id) => document.getElementById(id)?.checked) };
  });

  document.addEventListener("htmx:load", (event) => {
    const now = event.detail.elt;
    if (now?.id !== "work") return;
    failed = null;
    problem.hidden = true;
    for (const part of now.querySelectorAll(".part")) {
      if (opened?.has(part.dataset.part)) part.open = opened.get(part.dataset.part);
    }
    if (now.dataset.item === lifted.item) {
      for (const id of lifted.ids) document.getElementById(id)?.click();
    }
    say(`${now.dataset.saved ? `Saved. ${now.dataset.saved}. ` : ""}Next: ${now.dataset.next}`);
    if (/\/item\/\d+$/.test(location.pathname) && now.dataset.path) history.replaceState(null, "", now.dataset.path);
    document.title = `${now.getAttribute("aria-label")} · channelwatch`;
    now.focus({ preventScroll: true });
    scrollTo(0, 0);
    setTimeout(() => { now.dataset.ready = ""; }, PAUSE);
    count();
  });
  if (work()) work().dataset.ready = "";

  // -- the claim ----------------------------------------------------------------------------------

  // Counted from when the server showed it, as clocks differ.
  let since = null;
  function count() {
    const line = document.querySelector("#work .claim");
    if (!line) return;
    if (line !== since?.line) since = { line, at: performance.now() };
    const whole = new Date(line.dataset.until) - new Date(line.dataset.shown);
    const left = whole - (performance.now() - since.at);
    const minutes = Math.floor(left / 60000);
    const soon = left < 60000;
    const words = left <= 0 ? "Your claim has run out; somebody else may have it" : soon ? "Yours for under a minute" : `Yours for ${minutes} min`;
    if (line.textContent !== words) {
      line.textContent = words;
      if (soon) say(`${words}.`);
    }
    line.classList.toggle("soon", soon);
  }
  count();
  setInterval(count, 5000);

  // -- connection ---------------------------------------------------------------------------------

  const connection = () => { if (offline) offline.hidden = navigator.onLine; };
  addEventListener("offline", connection);
  addEventListener("online", connection);
  connection();

  // -- the queue: all on this page, and how many are chosen ---------------------------------------

  document.addEventListener("change", (event) => {
    const form = event.target.closest?.("#bulk");
    if (!form) return;
    const boxes = [...form.querySelectorAll('input[name="item"]')];
    if (event.target.matches("[data-all-here]")) boxes.forEach((box) => { box.checked = event.target.checked; });
    const chosen = boxes.filter((box) => box.checked).length;
    form.querySelector("[data-chosen]").textContent = chosen ? `Decide the ${chosen} chosen…` : "Decide the chosen…";
  });
})();
