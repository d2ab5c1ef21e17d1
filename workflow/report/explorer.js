// A year by every strategy as foretell.routing.investment has it, from means on test and on its bootstrap resamples.
"use strict";
const $ = id => document.getElementById(id);
const data = JSON.parse($("data").textContent);
const { strategies, points, policies, colours, resamples } = data;
const singles = strategies.filter(each => each.policy);
const unpack = text => new Float64Array(Uint8Array.from(atob(text), each => each.charCodeAt(0)).buffer);
const accuracy = unpack(data.accuracy), cost = unpack(data.cost);
const timed = data.seconds !== null, seconds = timed ? unpack(data.seconds) : null;
// Of a strategy, or of an operating point after all strategies: on the sample itself, then on each resample.
const means = (values, row) => Array.from(values.subarray(row * (resamples + 1), (row + 1) * (resamples + 1)));
const fields = { ...data.investment, incumbent: data.incumbent };
let point = 0; // the operating point that is shown

// Numbers

function quantile(sorted, share) {
  const at = (sorted.length - 1) * share, below = Math.floor(at);
  return sorted[below] + (at - below) * ((sorted[below + 1] ?? sorted[below]) - sorted[below]);
}

function interval(values) {
  const sorted = values.slice(1).filter(each => !Number.isNaN(each)).sort((a, b) => a - b);
  return { value: values[0], low: quantile(sorted, 0.025), high: quantile(sorted, 0.975) };
}

function year(row) {
  const queries = data.months * fields.queries_per_month, wrong = fields.review_hours * fields.price_of_hour;
  const right = means(accuracy, row), models = means(cost, row).map(each => queries * each);
  const review = right.map(each => queries * (1 - each) * wrong);
  const latency = timed ? means(seconds, row) : right.map(() => 0);
  const waiting = latency.map(each => queries * each / 3600 * (timed ? fields.price_of_waiting : 0));
  const total = models.map((each, i) => each + review[i] + waiting[i]);
  return { right, latency, models, review, waiting, total };
}

function once() {
  const labelling = fields.labelling_cost * data.once.problems;
  return { labelling, answers: data.once.answers, integration: fields.integration_cost,
    total: labelling + data.once.answers + fields.integration_cost };
}

function estimate(row, incumbent) {
  const { right, latency, models, review, waiting, total } = year(row);
  const saving = interval(total.map((each, i) => incumbent[i] - each));
  const months = saved => saved > 0 ? once().total * data.months / saved : Infinity;
  return {
    accuracy: interval(right), cost: interval(means(cost, row)), latency: interval(latency),
    models: interval(models), review: interval(review), waiting: interval(waiting),
    total: interval(total), saving, share: interval(total.map((each, i) => (incumbent[i] - each) / incumbent[i])),
    payback: { value: months(saving.value), low: months(saving.high), high: months(saving.low) },
  };
}

// Text

function number(value, digits) {
  if (value === Infinity) return "never";
  if (Number.isNaN(value)) return "unknown";
  const rounded = { minimumFractionDigits: digits, maximumFractionDigits: digits, roundingMode: "halfEven" };
  const text = value.toLocaleString("en-US", rounded);
  return (Number(value.toFixed(digits)) === 0 ? text.replace("-", "") : text).replace("-", "\u2212");
}

const written = ({ value, low, high }, digits, scale = 1) =>
  [number(scale * value, digits), `[${number(scale * low, digits)}, ${number(scale * high, digits)}]`];
const percent = each => written(each, 1, 100);
const digitsOf = value => value ? Math.max(2 - Math.floor(Math.log10(Math.abs(value))), 0) : 2;
const money = (each, scale = 1) => written(each, digitsOf(scale * each.value), scale);
const one = value => number(value, digitsOf(value));

function make(tag, attributes = {}, ...children) {
  const svg = ["svg", "g", "path", "line", "circle", "rect", "text", "title"].includes(tag);
  const made = svg ? document.createElementNS("http://www.w3.org/2000/svg", tag) : document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.append(...children);
  return made;
}

const cell = ([value, range]) =>
  make("td", { class: "number" }, make("span", { class: "value" }, value), " ", make("span", { class: "interval" }, range));
const routerOf = id => data.routers.find(each => each.id === id);
const letter = place => String.fromCharCode(65 + place % 26) + (place < 26 ? "" : Math.floor(place / 26));
const described = place => `${routerOf(points[place].router).symbol} = ${number(points[place].at, 3)}`;
const pointsOf = router => points.map((each, place) => place).filter(place => points[place].router === router);
const chosenFor = router => strategies.filter(each => each.strategy === router && each.point !== null);

// What is shown

function showPoint(incumbent) {
  const found = estimate(strategies.length + point, incumbent), router = routerOf(points[point].router);
  $("at").value = `${described(point)}: ${router.meaning.replace("{cost}", "cost")}`;
  $("place").setAttribute("aria-valuetext", described(point));
  const tiles = [
    ["accuracy", "Accuracy", "%", percent(found.accuracy)],
    ["cost", "Cost", `USD per ${data.unit.queries} queries`, money(found.cost, data.unit.scale)],
    ...(timed ? [["latency", "Latency", "s", written(found.latency, 2)]] : []),
    ["total", "A year", "USD", money(found.total)],
    ["saving", "Saving of a year", "USD", money(found.saving)],
    ["share", "Saving", "%", percent(found.share)],
    ["payback", "Paid back after", "months", written(found.payback, 1)],
  ];
  $("tiles").replaceChildren(...tiles.map(([id, name, unit, [value, range]]) => make("li", { id: `tile-${id}` },
    make("span", { class: "name" }, `${name}, ${unit}`), make("span", { class: "big" }, value),
    make("span", { class: "interval" }, range), make("span", { class: "meaning" }, `n\u00a0=\u00a0${data.n} test problems`))));
  $("shares").replaceChildren(...points[point].shares.map(([value, low, high], place) => {
    const { name, colour, opacity } = policies[place];
    const bar = `width:${100 * value}%;background:${colour};opacity:${opacity}`;
    return make("tr", {}, make("td", {}, name), make("td", {}, make("span", { class: "bar", style: bar })),
      make("td", {}, ...cell(percent({ value, low, high })).childNodes, ` n\u00a0=\u00a0${data.n}`));
  }));
  return found;
}

function showYear(incumbent, moved) {
  const rows = strategies.map((each, row) =>
    [each.name, estimate(row, incumbent), row === fields.incumbent, data.routers.some(({ id }) => id === each.strategy)]);
  rows.unshift([`${routerOf(points[point].router).title} as set above: ${described(point)}`, moved, false, true]);
  $("year").replaceChildren(...rows.map(([name, found, itself, routed]) => {
    const against = [money(found.saving), percent(found.share), routed ? written(found.payback, 1) : null];
    return make("tr", {}, make("td", {}, itself ? `${name}, the incumbent` : name), cell(percent(found.accuracy)),
      ...(timed ? [cell(written(found.latency, 2))] : []),
      ...[found.models, found.review, ...(timed ? [found.waiting] : []), found.total].map(each => cell(money(each))),
      ...against.map(each => itself || !each ? make("td") : cell(each)), make("td", { class: "number" }, String(data.n)));
  }));
  const paid = once();
  $("once").textContent = `${one(paid.total)} USD, of which ${one(paid.labelling)} for gold answers, ` +
    `${one(paid.answers)} for every policy's answers to them, ${one(paid.integration)} for integration`;
}

function ticks(low, high, logarithmic) {
  const step = 10 ** Math.floor(Math.log10((high - low) / 4)), found = [];
  const wide = [1, 2, 5, 10].map(each => each * step).find(each => (high - low) / each <= 5);
  if (!logarithmic) for (let at = Math.ceil(low / wide) * wide; at <= high * 1.0001; at += wide) found.push(at);
  else for (let power = Math.floor(Math.log10(low)); 10 ** power <= high; power++)
    found.push(...[1, 2, 5].map(each => each * 10 ** power).filter(each => each >= low && each <= high));
  return found;
}

function showPlane(moved) {
  const width = $("plane").clientWidth, height = Math.min(420, Math.max(280, width * 0.6));
  const rows = Array.from({ length: strategies.length + points.length }, (_, row) => row);
  const x = row => data.unit.scale * cost[row * (resamples + 1)], y = row => 100 * accuracy[row * (resamples + 1)];
  const xs = [...rows.map(x), data.unit.scale * moved.cost.low, data.unit.scale * moved.cost.high];
  const ys = [...rows.map(y), 100 * moved.accuracy.low, 100 * moved.accuracy.high];
  let [left, right] = [Math.min(...xs), Math.max(...xs)], [low, high] = [Math.min(...ys), Math.max(...ys)];
  const logarithmic = left > 0 && right > 20 * left, scale = logarithmic ? Math.log : each => each;
  if (!logarithmic) left = 0;
  if (high - low < 1) [low, high] = [low - 1, high + 1];
  const h = each => 44 + (width - 62) * (scale(each) - scale(left)) / (scale(right) - scale(left) || 1);
  const v = each => height - 46 - (height - 82) * (each - low) / (high - low);
  const svg = make("svg", { width, height, viewBox: `0 0 ${width} ${height}`, role: "img",
    "aria-label": "Accuracy and cost on test; the numbers stand in the table below" });
  for (const at of ticks(left, right, logarithmic)) svg.append(
    make("line", { x1: h(at), x2: h(at), y1: 20, y2: height - 36, stroke: "currentColor", opacity: 0.15 }),
    make("text", { x: h(at), y: height - 21, "text-anchor": "middle" }, String(Number(at.toPrecision(3)))));
  for (const at of ticks(low, high, false)) svg.append(
    make("line", { x1: 40, x2: width - 14, y1: v(at), y2: v(at), stroke: "currentColor", opacity: 0.15 }),
    make("text", { x: 36, y: v(at) + 4, "text-anchor": "end" }, String(Number(at.toPrecision(3)))));
  svg.append(make("text", { x: width - 14, y: height - 5, "text-anchor": "end" },
    `Cost, USD per ${data.unit.queries} queries`), make("text", { x: 44, y: 12 }, "Accuracy, %"));
  data.routers.forEach((router, which) => {
    const line = pointsOf(router.id).map(place => strategies.length + place);
    svg.append(make("path", { d: "M" + line.map(row => `${h(x(row))} ${v(y(row))}`).join("L"), fill: "none",
      stroke: colours[which], "stroke-dasharray": which ? "5 3" : "none" }));
    for (const row of line) svg.append(make("circle", { cx: h(x(row)), cy: v(y(row)), r: 2.2, fill: colours[which] }));
    for (const each of chosenFor(router.id)) svg.append(make("text", { class: "star", "text-anchor": "middle",
      x: h(x(strategies.length + each.point)), y: v(y(strategies.length + each.point)) + 8, style: "font-size:22px" },
      each.criterion === "match" ? "\u2605" : "\u2606"));
  });
  strategies.forEach((each, row) => {
    if (each.point !== null || !["single", "random", "oracle"].includes(each.strategy)) return;
    svg.append(make("rect", { class: "ink", x: h(x(row)) - 3, y: v(y(row)) - 3, width: 6, height: 6 }),
      make("text", { x: h(x(row)) + (h(x(row)) > width - 30 ? -16 : 6), y: v(y(row)) - 5 }, letter(row)));
  });
  const row = strategies.length + point, bars = { stroke: "currentColor", "stroke-width": 1.5 };
  svg.append(make("line", { x1: h(data.unit.scale * moved.cost.low), x2: h(data.unit.scale * moved.cost.high),
    y1: v(y(row)), y2: v(y(row)), ...bars }), make("line", { x1: h(x(row)), x2: h(x(row)),
    y1: v(100 * moved.accuracy.low), y2: v(100 * moved.accuracy.high), ...bars }),
  make("circle", { id: "here", cx: h(x(row)), cy: v(y(row)), r: 7, fill: "none", stroke: "currentColor", "stroke-width": 2.5 }));
  $("plane").replaceChildren(svg);
}

function showKey() {
  const entry = (mark, text, colour) => make("li", {}, make("b", colour ? { style: `color:${colour}` } : {}, mark), text);
  $("key").replaceChildren(entry("\u25ef", `where the router is set, with its intervals (n\u00a0=\u00a0${data.n})`),
    ...data.routers.map((each, which) => entry(which ? "\u2504\u2022\u2504" : "\u2500\u2022\u2500", each.title, colours[which])),
    ...(strategies.some(each => each.point !== null && each.criterion === "match") ? [entry("\u2605", "chosen to match")] : []),
    ...(strategies.some(each => each.point !== null && each.criterion === "total") ? [entry("\u2606", "chosen for the least total cost")] : []),
    ...strategies.map((each, row) => [each, row]).filter(([each]) => ["single", "random", "oracle"].includes(each.strategy))
      .map(([each, row]) => entry(letter(row), each.name)));
}

function show() {
  const incumbent = year(fields.incumbent).total, moved = showPoint(incumbent);
  showYear(incumbent, moved);
  showPlane(moved);
}

// What a person does

function turnTo(place) {
  point = place;
  const own = pointsOf(points[place].router);
  $("router").value = points[place].router;
  $("place").max = own.length - 1;
  $("place").value = own.indexOf(place);
  const star = chosenFor(points[place].router)[0];
  $("back").disabled = !star;
  $("back").textContent = star ? "Back to the star" : "It fell back to a single policy, or folds differ";
  show();
}

function start(router) {
  const own = pointsOf(router), star = chosenFor(router)[0];
  turnTo(star ? star.point : own[Math.floor(own.length / 2)]);
}

function spend(budget) {
  const within = pointsOf($("router").value).filter(place => data.unit.scale * points[place].cost <= budget);
  const better = (a, b) => points[b].accuracy - points[a].accuracy || points[a].cost - points[b].cost;
  $("error").textContent = within.length ? "" : "No operating point of this router costs that little.";
  if (within.length) turnTo(within.sort(better)[0]);
}

function given(input) {
  const fine = input.value !== "" && input.checkValidity();
  input.setAttribute("aria-invalid", String(!fine));
  $("error").textContent = fine ? "" : `${input.labels[0].textContent}: a number that is not negative is needed.`;
  return fine;
}

for (const each of document.querySelectorAll(".per")) each.textContent = data.unit.queries;
$("router").append(...data.routers.map(each => make("option", { value: each.id }, each.title)));
$("incumbent").append(...singles.map(each => make("option", { value: strategies.indexOf(each) }, each.name)));
$("incumbent").value = fields.incumbent;
$("incumbent").addEventListener("change", event => { fields.incumbent = Number(event.target.value); show(); });
for (const name of Object.keys(data.investment)) {
  $(name).value = fields[name];
  $(name).addEventListener("input", ({ target }) => { if (given(target)) { fields[name] = Number(target.value); show(); } });
}
const clear = () => { $("budget").value = ""; $("error").textContent = ""; };
$("router").addEventListener("change", event => { clear(); start(event.target.value); });
$("place").addEventListener("input", event => { clear(); turnTo(pointsOf($("router").value)[Number(event.target.value)]); });
$("budget").addEventListener("input", event => { if (event.target.value !== "" && given(event.target)) spend(Number(event.target.value)); });
$("back").addEventListener("click", () => { clear(); start($("router").value); });
addEventListener("resize", show);
showKey();
start(data.routers[0].id);
