"use strict";

/* Tables: a click on a column's name sorts by it, figures from high to low first; empty cells stay last. */

function sortBy(table, column) {
  const header = table.tHead.rows[0].cells[column];
  const body = table.tBodies[0];
  const rows = Array.from(body.rows);
  const numeric = rows.some((row) => row.cells[column].hasAttribute("data-number"));
  const before = header.getAttribute("aria-sort");
  const descending = before === null ? numeric : before === "ascending";
  const value = (row) => {
    const text = row.cells[column].getAttribute("data-value");
    return text === null || !numeric ? text : Number(text);
  };
  rows.sort((one, other) => {
    const a = value(one);
    const b = value(other);
    if (a === null || b === null) {
      return (a === null) - (b === null);
    }
    const order = numeric ? a - b : a.localeCompare(b, "en", { numeric: true });
    return descending ? -order : order;
  });
  for (const cell of table.tHead.rows[0].cells) {
    cell.removeAttribute("aria-sort");
  }
  header.setAttribute("aria-sort", descending ? "descending" : "ascending");
  body.append(...rows);
}

for (const table of document.querySelectorAll("table.sortable")) {
  Array.from(table.tHead.rows[0].cells).forEach((cell, column) => {
    cell.querySelector("button").addEventListener("click", () => sortBy(table, column));
  });
}

/* Players: number 0 of boxes, checkboxes and overlaps is the ground truth, 1 the first tracker, and so on. */

const MILLISECONDS = 120;
const SVG = "http://www.w3.org/2000/svg";

function rectangle(parent, color, width, dashes) {
  const rect = document.createElementNS(SVG, "rect");
  rect.setAttribute("stroke", color);
  rect.setAttribute("stroke-width", width);
  if (dashes.length) {
    rect.setAttribute("stroke-dasharray", dashes.map((length) => 2 * length).join(" "));
  }
  parent.append(rect);
  return rect;
}

function place(group, box) {
  group.style.display = box ? "" : "none";
  for (const rect of box ? group.children : []) {
    ["x", "y", "width", "height"].forEach((name, index) => rect.setAttribute(name, box[index]));
  }
}

class Player {
  constructor(root, looks) {
    const data = JSON.parse(root.querySelector("script.data").textContent);
    this.name = root.querySelector("h3").firstChild.textContent.trim();
    this.data = data;
    this.boxes = [data.truth, ...data.boxes];
    this.image = root.querySelector(".stage img");
    this.slider = root.querySelector("input[type=range]");
    this.playButton = root.querySelector("button.play");
    this.where = root.querySelector("output.where");
    this.checks = Array.from(root.querySelectorAll("input[data-box]"));
    this.overlaps = Array.from(root.querySelectorAll("output[data-overlap]"));
    this.groups = this.drawGroups(root.querySelector(".stage svg"), looks);
    this.index = 0;
    this.timer = null;
    root.querySelector("button.previous").addEventListener("click", () => this.step(-1));
    root.querySelector("button.next").addEventListener("click", () => this.step(1));
    this.playButton.addEventListener("click", () => this.toggle());
    this.slider.addEventListener("input", () => this.show(Number(this.slider.value)));
    this.checks.forEach((check) => check.addEventListener("change", () => this.show(this.index)));
    root.addEventListener("keydown", (event) => this.press(event));
    this.show(0);
  }

  /* One group a tracker, the truth last so that it lies on top; each box on a casing that shows it on any ground. */
  drawGroups(svg, looks) {
    const groups = looks.map((look, number) => {
      const group = document.createElementNS(SVG, "g");
      group.setAttribute("data-box", number);
      rectangle(group, number ? "#ffffffb0" : "#000000b0", number ? 4 : 3.5, []);
      rectangle(group, look.color, number ? 2.5 : 1.5, look.dashes);
      return group;
    });
    svg.append(...groups.slice(1), groups[0]);
    return groups;
  }

  show(index) {
    const { frames, images, total, overlap } = this.data;
    this.index = index;
    const number = frames[index] + 1;
    this.image.src = `data:image/jpeg;base64,${images[index]}`;
    this.image.alt = `Frame ${number} of ${this.name}`;
    this.slider.value = index;
    this.slider.setAttribute("aria-valuetext", `frame ${number} of ${total}`);
    this.where.textContent = `frame ${number} of ${total}`;
    this.groups.forEach((group, box) => {
      const rows = this.boxes[box];
      place(group, rows && this.checks[box].checked ? rows[index] : null);
      const value = box && rows ? overlap[box - 1][index] : null;
      this.overlaps[box].textContent = value === null ? "" : value.toFixed(3);
    });
  }

  step(by) {
    this.stop();
    this.show(Math.min(Math.max(this.index + by, 0), this.data.frames.length - 1));
  }

  toggle() {
    if (this.timer !== null) {
      this.stop();
      return;
    }
    if (this.index === this.data.frames.length - 1) {
      this.show(0);
    }
    this.label("Pause");
    this.timer = setInterval(() => this.advance(), MILLISECONDS);
  }

  advance() {
    if (this.index === this.data.frames.length - 1) {
      this.stop();
    } else {
      this.show(this.index + 1);
    }
  }

  stop() {
    clearInterval(this.timer);
    this.timer = null;
    this.label("Play");
  }

  label(text) {
    this.playButton.textContent = text;
    this.playButton.setAttribute("aria-label", text);
  }

  /* The slider moves by arrow keys on its own; buttons and checkboxes take the space bar. */
  press(event) {
    const steps = { ArrowLeft: -1, ArrowRight: 1 };
    if (event.key in steps && event.target !== this.slider) {
      this.step(steps[event.key]);
    } else if (event.key === " " && event.target.classList.contains("stage")) {
      this.toggle();
    } else {
      return;
    }
    event.preventDefault();
  }
}

const looks = document.getElementById("looks");
if (looks) {
  const parsed = JSON.parse(looks.textContent);
  document.querySelectorAll(".player").forEach((root) => new Player(root, parsed));
}
