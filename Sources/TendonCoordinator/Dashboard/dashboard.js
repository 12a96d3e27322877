/* SPDX-License-Identifier: Apache-2.0 */
"use strict";

// Everything shown comes from the API that the command line uses; texts are set as text, never as markup.

const $ = (id) => document.getElementById(id);
const EVERY = 1000, MOST_ROWS = 500, MOST_EVENTS = 200;
const GRADE = {
  ready: "good", running: "good", ended: "good", suspect: "warn", starting: "warn", waiting: "warn",
  stopping: "warn", pending: "warn", unknown: "warn", down: "bad", failed: "bad", lost: "bad",
  held: "good", short: "warn", scheduled: "", info: "", warning: "warn", error: "bad",
};
let token = "", shown = null, cluster = null, stopEvents = null;

function element(name, text, className) {
  const made = document.createElement(name);
  if (text !== undefined) made.textContent = text;
  if (className) made.className = className;
  return made;
}

// MARK: Quantities, written as the specs write them

const MULTIPLE = { k: 1e3, M: 1e6, G: 1e9, T: 1e12, P: 1e15,
  Ki: 2 ** 10, Mi: 2 ** 20, Gi: 2 ** 30, Ti: 2 ** 40, Pi: 2 ** 50 };

function milliCPU(text) {
  if (text === "max") return Infinity;
  return String(text).endsWith("m") ? parseFloat(text) : parseFloat(text) * 1000;
}

function bytes(text) {
  if (text === "max") return Infinity;
  const [, number, unit] = /^([0-9.]+)([A-Za-z]*)$/.exec(String(text)) ?? [];
  return parseFloat(number) * (MULTIPLE[unit] ?? 1);
}

const cpuWords = (milli) => milli === Infinity ? "max" : (milli / 1000).toFixed(2).replace(/\.?0+$/, "");

function byteWords(count) {
  if (count === Infinity) return "max";
  for (const unit of ["Ti", "Gi", "Mi", "Ki"]) {
    const size = MULTIPLE[unit];
    if (count >= size) return (count / size).toFixed(count >= 10 * size ? 0 : 1) + unit;
  }
  return `${count}B`;
}

// MARK: The API

class Refused extends Error {}

async function ask(path, signal) {
  const answer = await fetch(path, { headers: { Authorization: `Bearer ${token}` }, signal, cache: "no-store" });
  if (answer.ok) return answer;
  const body = await answer.json().catch(() => null);
  const words = body?.error?.message ?? `the coordinator answered ${answer.status}`;
  throw answer.status === 401 ? new Refused(words) : new Error(words);
}

const json = async (path) => (await ask(path)).json();

async function followEvents(signal) {
  const reader = (await ask("/v1/events?watch=true&limit=100", signal)).body
    .pipeThrough(new TextDecoderStream()).getReader();
  $("events").replaceChildren();
  for (let rest = ""; ;) {
    const { value, done } = await reader.read();
    if (done) return;
    const lines = (rest + value).split("\n");
    rest = lines.pop();
    for (const line of lines) if (line) addEvent(JSON.parse(line).put);
  }
}

// MARK: Showing it

function addEvent(event) {
  if (!event) return;
  const item = element("li");
  const time = element("time", new Date(event.at).toLocaleTimeString());
  time.dateTime = event.at;
  const subject = event.instance ?? event.service ?? event.reservation ?? event.host;
  const words = element("span", `${subject ? subject + ": " : ""}${event.message}`, GRADE[event.severity]);
  item.append(time, words);
  $("events").prepend(item);
  while ($("events").childElementCount > MOST_EVENTS) $("events").lastChild.remove();
}

function meter(name, used, held, capacity, words) {
  const made = element("div", undefined, "meter");
  const label = element("span");
  label.append(element("b", name),
    element("span", `${used === undefined ? "?" : words(used)} used, ${words(held)} reserved of ${words(capacity)}`));
  const bar = element("div", undefined, "bar");
  for (const [kind, value] of [["held", held], ["used", used ?? 0]]) {
    const part = element("i", undefined, kind);
    part.style.width = `${Math.min(100, 100 * value / capacity)}%`;
    bar.append(part);
  }
  made.append(label, bar);
  return made;
}

function cordonWords(cordon) {
  const state = cordon.drain ? (cordon.drain.done ? "drained" : "draining") : "cordoned";
  return cordon.reason ? `${state}: ${cordon.reason}` : state;
}

function hostCard(host) {
  const card = element("article", undefined, "host");
  const title = element("h3", host.id);
  title.append(element("span", host.state, GRADE[host.state]));
  if (host.cordon) title.append(element("span", cordonWords(host.cordon), "warn"));
  card.append(title,
    meter("CPU", host.usage?.cpu_milli, milliCPU(host.reserved_cpu), milliCPU(host.facts.capacity.cpu), cpuWords),
    meter("Memory", host.usage?.memory_used_bytes, bytes(host.reserved_memory), bytes(host.facts.capacity.memory), byteWords),
    element("p", `${host.instances} instances · ${host.facts.address} · Linux ${host.facts.kernel}`
      + (host.round_trip_us ? ` · ${(host.round_trip_us / 1000).toFixed(1)} ms away` : "")));
  if (host.state !== "ready") card.append(element("p", host.message, GRADE[host.state]));
  return card;
}

// Puts `wanted` into `parent`, and leaves what is as it was in its place: a button that is being pressed, a text
// that is being selected and the keyboard's place survive.
function settle(parent, wanted, merge) {
  wanted.forEach((node, index) => {
    const old = parent.children[index];
    if (!old) parent.append(node);
    else if (!old.isEqualNode(node)) merge(old, node);
  });
  while (parent.childElementCount > wanted.length) parent.lastElementChild.remove();
}

const replace = (old, node) => old.replaceWith(node);

function fill(table, heads, rows) {
  const head = element("tr");
  for (const name of heads) head.append(element("th", name));
  const body = rows.map((cells) => {
    const row = element("tr");
    for (const cell of cells) row.append(cell instanceof Node ? cell : element("td", cell));
    return row;
  });
  settle(table, [head, ...body], (old, row) => settle(old, [...row.children], replace));
}

const ofLimit = (used, limit, words) => `${used === undefined ? "–" : words(used)} / ${words(limit)}`;

function serviceRow({ spec, running, pending }) {
  return [spec.name,
    element("td", `${running} of ${spec.replicas}`, running < spec.replicas ? "warn" : "good"),
    pending ? element("td", String(pending), "warn") : "0",
    `${spec.resources.cpu.request} to ${spec.resources.cpu.limit}`,
    `${spec.resources.memory.request} to ${spec.resources.memory.limit}`, spec.command.join(" ")];
}

function instanceRow(instance) {
  const open = element("button", instance.id);
  open.type = "button";
  open.addEventListener("click", () => show(instance.id));
  const name = element("td");
  name.append(open);
  const ports = Object.entries(instance.status?.ports ?? {}).map(([port, number]) => `${port} ${instance.address}:${number}`);
  return [name, element("td", instance.state, GRADE[instance.state]), instance.host ?? "–",
    ofLimit(instance.cpu_milli, milliCPU(instance.resources.cpu.limit), cpuWords),
    ofLimit(instance.memory_bytes, bytes(instance.resources.memory.limit), byteWords),
    String(instance.status?.restarts ?? 0), ports.join(", ") || "–", element("td", instance.message, "words")];
}

function reservationRow({ reservation, state, holds, message }) {
  const words = ({ cpu, memory }) => `${cpu} CPU, ${byteWords(bytes(memory))}`;
  const places = holds.map(({ host, amount, drawn }) => `${host}: ${words(drawn)} of ${words(amount)}`);
  return [reservation.name, element("td", state, GRADE[state]), places.join("; ") || "–",
    reservation.services.join(", ") || "–", element("td", message, "words")];
}

function drawReservations() {
  $("reservations-section").hidden = cluster.reservations.length === 0;
  fill($("reservations"), ["Reservation", "State", "Used of what is held", "For", "Why"],
    cluster.reservations.map(reservationRow));
}

function drawInstances() {
  const wanted = $("filter").value.trim().toLowerCase();
  const fitting = cluster.instances.filter((one) =>
    [one.id, one.host, one.state].some((text) => text?.toLowerCase().includes(wanted)));
  fill($("instances"), ["Instance", "State", "Host", "CPU / limit", "Memory / limit", "Restarts", "Ports", "Why"],
    fitting.slice(0, MOST_ROWS).map(instanceRow));
  const hidden = fitting.length - MOST_ROWS;
  $("more").textContent = hidden > 0 ? `${hidden} more; narrow the list to see them` : "";
}

function draw() {
  const { hosts, services, instances, version } = cluster;
  const ready = hosts.filter((host) => host.state === "ready").length;
  const running = instances.filter((one) => one.state === "running").length;
  $("summary").textContent = `${ready} of ${hosts.length} hosts ready · ${running} of ${instances.length} instances running`
    + ` · revision ${version.revision} · version ${version.version}`;
  $("summary").className = ready < hosts.length || running < instances.length ? "warn" : "";
  settle($("hosts"), hosts.map(hostCard), replace);
  fill($("services"), ["Service", "Running", "Pending", "CPU: reserved to limit", "Memory: reserved to limit", "Command"], services.map(serviceRow));
  drawReservations();
  drawInstances();
}

async function show(id) {
  shown = id;
  $("detail").hidden = false;
  $("detail-title").textContent = id;
  $("why").replaceChildren(element("p", "asking the host"));
  $("limits").replaceChildren();
  $("output").textContent = "";
  $("detail").scrollIntoView({ block: "nearest" });
  const path = encodeURIComponent(id);
  const [why, limits, output] = await Promise.allSettled([json(`/v1/why/${path}`),
    json(`/v1/instances/${path}/limits`), ask(`/v1/instances/${path}/logs?tail=40`).then((answer) => answer.text())]);
  if (shown !== id) return;
  drawWhy(why);
  const failed = (what, result) => element("td", `${what}: ${result.reason.message}`, "bad");
  if (limits.status === "fulfilled") {
    fill($("limits"), ["File", "Asked", "Written", "Read back", "Use", "Note"], limits.value.knobs.map((knob) =>
      [knob.knob, knob.requested, knob.written ?? "–",
        element("td", knob.read_back ?? "–", knob.in_force ? "" : "bad"), knob.use ?? "–", element("td", knob.note ?? "", "words")]));
  } else {
    fill($("limits"), [], [[failed("limits", limits)]]);
  }
  $("output").textContent = output.status === "fulfilled"
    ? output.value || "(nothing was written)" : `output: ${output.reason.message}`;
}

function drawWhy(why) {
  if (why.status === "rejected") return $("why").replaceChildren(element("p", why.reason.message, "bad"));
  const list = element("ul");
  for (const fact of why.value.evidence) list.append(element("li", fact));
  $("why").replaceChildren(element("p", why.value.summary), list);
}

// MARK: Keeping it up to date

async function refresh() {
  const [hosts, services, instances, reservations, version] = await Promise.all(
    ["/v1/hosts", "/v1/services", "/v1/instances", "/v1/reservations", "/v1/version"].map(json));
  cluster = { hosts, services, instances, reservations, version };
  $("entry").hidden = true;
  $("cluster").hidden = false;
  draw();
}

function followInTurn() {
  stopEvents?.abort();
  stopEvents = new AbortController();
  const mine = stopEvents;
  const again = () => { if (!mine.signal.aborted) setTimeout(() => mine.signal.aborted || followInTurn(), EVERY); };
  followEvents(mine.signal).then(again, again);
}

function refuse(words) {
  sessionStorage.removeItem("tendon-token");
  stopEvents?.abort();
  stopEvents = null;
  $("cluster").hidden = true;
  $("entry").hidden = false;
  $("refusal").textContent = words;
  $("summary").textContent = "the API token is needed";
  $("token").focus();
}

async function keepUp() {
  for (; ;) {
    if (token && !document.hidden) {
      try {
        await refresh();
        if (!stopEvents) followInTurn();
      } catch (error) {
        if (error instanceof Refused) {
          token = "";
          refuse(error.message);
        } else {
          $("summary").textContent = `what is shown is old: ${error.message}; trying again`;
          $("summary").className = "bad";
        }
      }
    }
    await new Promise((done) => setTimeout(done, EVERY));
  }
}

// The fragment of an address is never sent to a server; it leaves the address bar at once.
const given = new URLSearchParams(location.hash.slice(1)).get("token");
if (given) history.replaceState(null, "", location.pathname);
token = given ?? sessionStorage.getItem("tendon-token") ?? "";
if (token) sessionStorage.setItem("tendon-token", token); else refuse("");
$("entry").addEventListener("submit", (event) => {
  event.preventDefault();
  token = $("token").value.trim();
  if (token) sessionStorage.setItem("tendon-token", token);
  $("refusal").textContent = token ? "" : "the token is empty";
});
$("filter").addEventListener("input", () => cluster && drawInstances());
$("close").addEventListener("click", () => { shown = null; $("detail").hidden = true; });
keepUp();
