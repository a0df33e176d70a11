// Sends what a page's forms ask for to the service behind them, and shows readably what it answers.
"use strict";
(() => {
  const vietnamese = document.documentElement.lang === "vi";
  const say = (vi, en) => (vietnamese ? vi : en);
  const csrf = document.querySelector('meta[name="csrf-token"]').content;

  const freshKey = () => Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
  const post = (address, body, key) => fetch(address, {
    method: "POST",
    headers: { "Content-Type": "application/json", "X-CSRF-Token": csrf, "Idempotency-Key": key || freshKey() },
    body: body === undefined ? undefined : JSON.stringify(body),
  });

  // A field's name may be a path (`applicant.name`); a group marked data-each becomes one entry of that list.
  const valueOf = (field) => {
    if (field.type === "checkbox") return field.checked;
    const text = field.value.trim();
    if (field.dataset.type === "number") return Number(text);
    if (field.dataset.type === "codes") return text.split(/[\s,;]+/).filter(Boolean);
    return field.dataset.type === "nullable" && text === "" ? null : text;
  };
  const put = (into, path, value) => {
    const names = path.split(".");
    const last = names.pop();
    names.reduce((object, name) => (object[name] ??= {}), into)[last] = value;
  };
  const read = (scope, into, inside) => {
    for (const field of scope.querySelectorAll("[name]")) {
      const hidden = field.closest("[hidden], :disabled") !== null && field.type !== "hidden";
      const left = "optional" in field.dataset && field.type !== "checkbox" && field.value.trim() === "";
      if (!hidden && !left && field.closest("[data-each]") === inside) put(into, field.name, valueOf(field));
    }
    return into;
  };
  const bodyOf = (form) => {
    const body = read(form, {}, null);
    for (const list of new Set(Array.from(form.querySelectorAll("[data-each]"), (group) => group.dataset.each))) {
      const groups = [...form.querySelectorAll(`[data-each="${list}"]`)];
      const chosen = groups.filter((group) => group.querySelector("[data-chosen]").checked);
      body[list] = chosen.map((group) => ("value" in group.dataset ? group.dataset.value : read(group, {}, group)));
    }
    return "bodiless" in form.dataset ? undefined : body;
  };

  const show = (form, problem) => {
    const box = form.querySelector("[data-problem]");
    const line = (tag, text) => Object.assign(document.createElement(tag), { textContent: text });
    box.replaceChildren(line("strong", vietnamese ? problem.title : problem.title_en || problem.title));
    if (problem.law && problem.law !== "house rule") box.append(line("small", problem.law));
    const wrong = problem.invalid_params || [];
    if (problem.detail) box.append(line("p", (!vietnamese && problem.detail_en) || problem.detail));
    if (wrong.length) {
      const list = document.createElement("ul");
      list.append(...wrong.map((one) => line("li", `${one.name.replace(/^body\./, "")}: ${one.reason}`)));
      box.append(list);
    }
    box.hidden = false;
    box.scrollIntoView({ block: "nearest" });
  };
  const silence = { title: "Không gửi được, hãy thử lại.", title_en: "It could not be sent, try again." };

  const goOn = (form, answer, position) => {
    if (form.dataset.goesOn !== undefined && answer.pay_url) return location.assign(answer.pay_url);
    const next = new URL(form.dataset.next ? form.dataset.next.replace("{ref}", answer.ref) : location.href, location.href);
    if (position) next.searchParams.set("seen", position);
    return location.replace(next);
  };
  const send = async (form) => {
    const buttons = form.querySelectorAll("button");
    buttons.forEach((button) => { button.disabled = true; });
    form.dataset.key ||= freshKey();
    try {
      const response = await post(form.dataset.act, bodyOf(form), form.dataset.key);
      // A definite answer is kept under its key: what is sent next is another command.
      if (response.status < 500) delete form.dataset.key;
      const answer = response.headers.get("content-type")?.includes("json") ? await response.json() : {};
      if (response.ok) return goOn(form, answer, response.headers.get("Lienthong-Position"));
      show(form, answer.title ? answer : silence);
    } catch {
      show(form, silence);
    }
    buttons.forEach((button) => { button.disabled = false; });
    return undefined;
  };

  const digest = async (input) => {
    const target = document.getElementById(input.dataset.digestInto);
    const bytes = await input.files[0].arrayBuffer();
    const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
    target.value = Array.from(hash, (byte) => byte.toString(16).padStart(2, "0")).join("");
  };

  document.addEventListener("submit", (event) => {
    if (event.target.dataset.act === undefined) return;
    event.preventDefault();
    send(event.target);
  });
  document.addEventListener("change", (event) => {
    const field = event.target;
    if (field.dataset.digestInto && field.files.length) digest(field);
    if (field.dataset.opens) {
      const open = field.type === "checkbox" ? field.checked : (field.dataset.when || "").split(" ").includes(field.value);
      for (const part of document.querySelectorAll(field.dataset.opens)) part.hidden = !open;
    }
    if (field.dataset.goes !== undefined) location.assign(field.dataset.goes + encodeURIComponent(field.value));
  });
  document.addEventListener("click", async (event) => {
    const button = event.target.closest("[data-session], [data-sign-out]");
    if (!button) return;
    const out = "signOut" in button.dataset;
    const role = out ? undefined : JSON.parse(button.dataset.session);
    for (const field of button.closest("[data-role]")?.querySelectorAll("[data-field]") ?? []) role[field.dataset.field] = field.value.trim();
    await post(out ? "/sign-out" : button.dataset.at || "/api/v1/rehearsal/sessions", role);
    if (button.dataset.next) location.assign(button.dataset.next);
    else location.reload();
  });

  // What only this one load had to know does not stay in the address.
  const here = new URL(location.href);
  const passing = [...here.searchParams.keys()].filter((name) => name === "seen" || name === "lang" || name.startsWith("vnp_"));
  passing.forEach((name) => here.searchParams.delete(name));
  if (passing.length) history.replaceState(null, "", here);
})();
