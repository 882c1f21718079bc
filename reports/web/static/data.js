// Handing files in: sending them with progress, and following what is being loaded on the server.

const drop = document.querySelector("form[data-drop]");
if (drop) {
  const input = drop.querySelector("input[type=file]");
  const list = drop.querySelector("[data-sending]");
  const area = drop.querySelector(".drop-area");
  drop.querySelector("[data-plain]").hidden = true; // files are sent as soon as they are chosen
  let sending = 0;
  const leaving = (e) => { e.preventDefault(); e.returnValue = ""; };

  input.addEventListener("change", () => { send([...input.files]); input.value = ""; });
  for (const type of ["dragenter", "dragover"]) {
    area.addEventListener(type, (e) => { e.preventDefault(); area.classList.add("over"); });
  }
  for (const type of ["dragleave", "drop"]) area.addEventListener(type, () => area.classList.remove("over"));
  area.addEventListener("drop", (e) => { e.preventDefault(); send([...e.dataTransfer.files]); });
  // A file dropped beside the area would else be opened in place of the page.
  for (const type of ["dragover", "drop"]) addEventListener(type, (e) => e.preventDefault());

  async function send(files) {
    if (!files.length) return;
    if (sending++ === 0) addEventListener("beforeunload", leaving);
    const pages = [];
    for (const file of files) {
      const page = await one(file);
      if (page) pages.push(page);
    }
    if (--sending === 0) {
      removeEventListener("beforeunload", leaving);
      if (files.length === 1 && pages.length === 1) location.assign(pages[0]);
      else refresh();
    }
  }

  // one sends a file and gives the address of its page; null where it could not be taken.
  function one(file) {
    const row = document.createElement("li");
    const name = document.createElement("span");
    name.textContent = file.name;
    const bar = document.createElement("progress");
    bar.max = 100;
    bar.value = 0;
    bar.setAttribute("aria-label", "上传进度");
    const note = document.createElement("small");
    const stop = document.createElement("button");
    stop.type = "button";
    stop.textContent = "取消";
    row.append(name, bar, note, stop);
    list.append(row);
    return new Promise((done) => {
      const x = new XMLHttpRequest();
      const end = (text, page) => {
        bar.remove();
        stop.remove();
        note.textContent = text;
        row.className = page ? "" : "bad";
        if (page) {
          const a = document.createElement("a");
          a.href = page;
          a.textContent = "核对";
          row.append(a);
        }
        done(page);
      };
      x.upload.addEventListener("progress", (e) => {
        if (!e.lengthComputable) return;
        bar.value = (100 * e.loaded) / e.total;
        note.textContent = e.loaded < e.total ? Math.floor(bar.value) + "%" : "正在保存";
      });
      x.addEventListener("load", () => {
        let answer = {};
        try { answer = JSON.parse(x.responseText); } catch { /* a refusal that is no answer to a script */ }
        if (x.status === 200 && answer.uploads) end("已上传", answer.uploads[0]);
        else if (answer.error) end(answer.error, null);
        else if (x.status === 401 || x.status === 403) end("登录已结束或没有权限，请刷新页面。", null);
        else end("上传没有成功，请刷新页面后重试。", null);
      });
      x.addEventListener("error", () => end("网络中断，文件没有传完，请重新上传。", null));
      x.addEventListener("abort", () => end("已取消。", null));
      stop.addEventListener("click", () => x.abort());
      x.open("POST", drop.action);
      x.setRequestHeader("Accept", "application/json");
      const body = new FormData();
      body.append("file", file);
      x.send(body);
    });
  }
}

// refresh exchanges the parts of the page that tell of loads for what they are now.
async function refresh() {
  const r = await fetch(location.href, { headers: { Accept: "text/html" } });
  if (!r.ok) return;
  const fresh = new DOMParser().parseFromString(await r.text(), "text/html");
  for (const part of document.querySelectorAll("[data-refresh]")) {
    const now = fresh.getElementById(part.id);
    if (now) part.replaceWith(document.adoptNode(now));
  }
  follow();
}

// follow asks how far the loads of this page have come, until none is under way. It goes on where the page is opened anew.
let timer = 0;
function follow() {
  clearTimeout(timer);
  if (document.querySelector("[data-live]")) timer = setTimeout(look, 700);
}

async function look() {
  let under;
  try {
    const r = await fetch("/data/progress", { headers: { Accept: "application/json" } });
    if (!r.ok) return; // signed out: the page says so when it is used
    under = await r.json();
  } catch {
    timer = setTimeout(look, 5000); // the network comes back
    return;
  }
  let ended = false;
  for (const part of document.querySelectorAll("[data-live]")) {
    const load = under.find((u) => u.id === part.dataset.live);
    if (!load) {
      ended = true;
      continue;
    }
    const bar = part.querySelector("progress");
    if (load.percent > 0) {
      bar.value = load.percent;
      part.querySelector("small").textContent = load.percent + "%";
    }
    const word = part.parentElement.querySelector(".state");
    if (word && word.lastChild.textContent !== load.label) word.lastChild.textContent = load.label;
  }
  if (!ended) {
    follow();
  } else if (document.querySelector("form[data-drop]")) {
    refresh();
  } else {
    location.reload(); // the page of a file is another one now
  }
}

follow();
