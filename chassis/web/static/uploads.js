// Brings a file to the server in parts as soon as it is chosen, shows how far it is, and goes on after a broken line.
"use strict";
(() => {
  const vietnamese = document.documentElement.lang === "vi";
  const say = (vi, en) => (vietnamese ? vi : en);
  const csrf = document.querySelector('meta[name="csrf-token"]').content;
  const TRIES = 4;
  const WAIT_MS = 800;
  const TYPES = {
    pdf: "application/pdf", jpg: "image/jpeg", jpeg: "image/jpeg", png: "image/png", tif: "image/tiff", tiff: "image/tiff",
    xml: "application/xml", odt: "application/vnd.oasis.opendocument.text",
    docx: "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    asice: "application/vnd.etsi.asic-e+zip", asics: "application/vnd.etsi.asic-s+zip", p7s: "application/pkcs7-signature",
  };

  class Refused extends Error {}

  const hex = (bytes) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  const digest = async (bytes) => new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  const base64 = (bytes) => btoa(String.fromCharCode(...bytes));
  const sleep = (ms) => new Promise((done) => { setTimeout(done, ms); });

  // What the server says no to is not tried again; a line that breaks is.
  const asked = async (method, address, headers, body) => {
    const response = await fetch(address, { method, headers: { "X-CSRF-Token": csrf, ...headers }, body });
    if (response.status >= 500 || response.status === 409) throw new Error(`${response.status}`);
    if (!response.ok) {
      const problem = await response.json().catch(() => ({}));
      const why = (vietnamese ? problem.detail : problem.detail_en || problem.detail) || problem.invalid_params?.map((one) => one.reason).join("; ") || "";
      throw new Refused(`${(vietnamese ? problem.title : problem.title_en) || response.status} ${why}`.trim());
    }
    return response;
  };

  const begin = async (file) => {
    const media_type = TYPES[file.name.split(".").pop().toLowerCase()] || file.type;
    const sha256 = hex(await digest(await file.arrayBuffer()));
    const declared = JSON.stringify({ name: file.name.slice(-255), size: file.size, sha256, media_type });
    return (await asked("POST", "/api/v1/uploads", { "Content-Type": "application/json" }, declared)).json();
  };

  const send = async (file, upload, tell) => {
    let { offset, complete } = upload;
    while (!complete) {
      const part = await file.slice(offset, offset + upload.part_bytes_max).arrayBuffer();
      const checksum = `sha256 ${base64(await digest(part))}`;
      const headers = { "Content-Type": "application/octet-stream", "Upload-Offset": offset, "Upload-Checksum": checksum };
      ({ offset, complete } = await (await asked("PATCH", `/api/v1/uploads/${upload.id}`, headers, part)).json());
      tell(offset / file.size);
    }
  };

  const bring = async (field, file) => {
    const { tell, end } = shown(field);
    let upload = null;
    for (let tried = 1; ; tried += 1) {
      try {
        if (upload === null) upload = await begin(file);
        else if (tried > 1) {
          const there = await asked("HEAD", `/api/v1/uploads/${upload.id}`, {});
          upload.offset = Number(there.headers.get("Upload-Offset"));
        }
        await send(file, upload, tell);
        return end(upload.id, say(`Đã tải lên: ${file.name}`, `Uploaded: ${file.name}`));
      } catch (error) {
        if (error instanceof Refused) return end("", error.message, true);
        if (tried >= TRIES) return end("", say("Mất kết nối. Hãy chọn lại tệp để tải tiếp.", "The line broke. Choose the file again."), true);
        tell(null);
        await sleep(WAIT_MS * tried);
      }
    }
  };

  const shown = (field) => {
    const place = field.closest("[data-each]");
    const bar = place.querySelector("progress");
    const line = place.querySelector("[data-upload-says]");
    bar.hidden = false;
    bar.value = 0;
    line.textContent = say("Đang tải lên…", "Uploading…");
    return {
      tell: (part) => {
        if (part !== null) bar.value = part;
        line.textContent = part === null ? say("Mất kết nối, đang nối lại…", "The line broke, trying again…") : `${Math.round(part * 100)} %`;
      },
      end: (id, said, isWrong = false) => {
        bar.hidden = true;
        line.textContent = isWrong ? said : `✓ ${said}`;
        line.classList.toggle("text-danger", isWrong);
        place.querySelector('[name="file"]').value = id;
        if (id) place.querySelector("[data-chosen]").checked = true;
      },
    };
  };

  // While a file is on its way the form cannot be sent: it would go without the file.
  let underWay = 0;
  const hold = (form, more) => {
    underWay += more;
    form.querySelectorAll("button:not([type])").forEach((button) => { button.disabled = underWay > 0; });
  };
  document.addEventListener("change", async (event) => {
    const field = event.target;
    if (field.dataset.upload === undefined || !field.files.length) return;
    field.closest("[data-each]").querySelector('[name="file"]').value = "";
    hold(field.form, 1);
    field.disabled = true;
    await bring(field, field.files[0]);
    field.disabled = false;
    hold(field.form, -1);
  });
})();
