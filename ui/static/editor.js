// The reply box: the supporter's text with the suggestions standing in it.
//
// The text is `state.text`; a suggestion is a "pill" that is not part of it. The browser edits the text by itself wherever
// a change stays inside one run of text (so that spell checking, input methods and screen readers work as usual) and this
// file then reads the change off the page; every other change is made here. Text enters the page as text nodes only.
//
// A caret is {offset, skip}: a position in the text and how many of the pills that stand there come before it.

import {option, pillAt, difference} from './model.js';

const graphemes = 'Segmenter' in Intl ? new Intl.Segmenter(undefined, {granularity: 'grapheme'}) : null;

export class Editor {
  // on: {change(step), undo(), redo(), pick(id), accept(id), reject(id)}
  constructor(element, on) {
    this.element = element;
    this.on = on;
    this.text = '';
    this.composing = false;
    this.caret = null; // where the caret goes at the next drawing, if not where it is
    element.contentEditable = 'true';
    try { element.contentEditable = 'plaintext-only'; } catch { /* older Firefox: plain text is kept by #before */ }
    element.addEventListener('beforeinput', (event) => this.#before(event));
    element.addEventListener('input', () => this.#read());
    element.addEventListener('compositionstart', () => { this.composing = true; });
    element.addEventListener('compositionend', () => { this.composing = false; this.#read(); });
    element.addEventListener('copy', (event) => this.#copy(event));
    element.addEventListener('cut', (event) => this.#copy(event, true));
    // A press on a pill must not move the caret out of the sentence that is being written.
    element.addEventListener('mousedown', (event) => { if (event.target.closest('.pill')) event.preventDefault(); });
    element.addEventListener('click', (event) => {
      const id = event.target.closest('[data-item]')?.dataset.item;
      if (!id) return;
      if (event.target.closest('.yes')) on.accept(id);
      else if (event.target.closest('.no')) on.reject(id);
      else on.pick(id);
    });
  }

  // Show a state. marks: [{start, end, name}] words to underline; now: id of the suggestion in the card.
  render(state, marks = [], now = null) {
    this.redraw = () => this.render(state, marks, now);
    if (this.composing) return;
    let caret = this.caret;
    if (!caret && this.hasFocus()) {
      const chosen = this.selection();
      if (chosen) caret = {offset: follow(this.text, state.text, chosen.end), skip: chosen.skip};
    }
    const explicit = this.caret;
    this.caret = null;
    this.text = state.text;
    const drawn = this.#draw(pieces(state, marks, now));
    if (caret && this.hasFocus() && (drawn || explicit)) this.select(caret.offset, caret.skip);
    this.element.dataset.blank = String(!state.text && !state.items.length);
  }

  hasFocus() { return this.element === document.activeElement; }

  // The selection in the text: {start, from, end, skip}, its two ends as carets; null where it is elsewhere.
  selection() {
    const chosen = getSelection();
    if (!chosen.rangeCount) return null;
    const range = chosen.getRangeAt(0);
    return this.element.contains(range.startContainer) && this.element.contains(range.endContainer) ? this.#both(range) : null;
  }

  select(offset, skip = 0) {
    const [node, at] = this.#place(offset, skip);
    getSelection().collapse(node, at);
  }

  #both(range) {
    const a = this.#position(range.startContainer, range.startOffset), b = this.#position(range.endContainer, range.endOffset);
    return {start: a.offset, from: a.skip, end: b.offset, skip: b.skip};
  }

  #position(node, offset) {
    const pill = (node.nodeType === 1 ? node : node.parentElement).closest('.pill');
    const range = document.createRange();
    range.setStart(this.element, 0);
    if (pill) range.setEndAfter(pill); else range.setEnd(node, offset);
    const before = range.cloneContents();
    let skip = 0;
    for (let last = before.lastChild; last; last = last.previousSibling) {
      if (isPill(last)) skip++;
      else if (plain(last)) break;
    }
    return {offset: plain(before).length, skip};
  }

  #place(offset, skip) {
    let at = 0, seen = 0;
    const children = [...this.element.childNodes];
    for (const [i, child] of children.entries()) {
      if (isPill(child)) {
        if (at !== offset) continue;
        if (seen === skip) return [this.element, i];
        seen++;
        continue;
      }
      const text = child.nodeType === 3 ? child : child.firstChild;
      if (!text) return [this.element, i];
      const within = offset - at;
      if (within < text.length && within >= 0) return [text, within];
      if (within === text.length && skip === 0) return [text, within];
      at += text.length;
    }
    return [this.element, children.length];
  }

  #before(event) {
    const kind = event.inputType;
    if (event.isComposing || this.composing || kind === 'insertCompositionText') return;
    if (kind === 'historyUndo' || kind === 'historyRedo') {
      event.preventDefault();
      return kind === 'historyUndo' ? this.on.undo() : this.on.redo();
    }
    if (kind.startsWith('format')) return event.preventDefault();
    // Next to a pill browsers name no range; the caret says where.
    const range = event.getTargetRanges()[0] ?? getSelection().getRangeAt(0);
    let {start, from, end, skip} = this.#both(range);
    const removing = kind.startsWith('delete');
    let insert = kind === 'insertLineBreak' || kind === 'insertParagraph' ? '\n' : removing ? '' : null;
    insert ??= event.dataTransfer?.getData('text/plain') ?? event.data;
    if (insert === null) return;
    insert = insert.replace(/\r\n?/g, '\n');
    const inside = range.startContainer === range.endContainer && range.startContainer.nodeType === 3;
    if (inside && !(removing && start === end) && !/\n/.test(insert) && !(removing && this.#empties(range))) return;
    event.preventDefault();
    const here = this.selection() ?? {skip, from};
    if (removing && start === end) {
      // Next to a pill the browser would take the pill away; the supporter means the letter behind it.
      if (kind.endsWith('Backward')) start -= this.#reach(start, -1, kind); else end += this.#reach(end, 1, kind);
    }
    if (start === end && !insert) return;
    this.caret = {offset: start + insert.length, skip: insert ? 0 : Math.min(here.skip, here.from)};
    if (removing && here.start === here.end) this.caret.skip = here.skip;
    this.on.change({start, end, insert, skip: start === end ? skip : from});
  }

  // Whether a removal leaves an empty run of text; browsers then tidy up in ways of their own.
  #empties(range) { return range.endOffset - range.startOffset >= range.startContainer.length; }

  // How far a removal without a range reaches: a letter, a word or the line.
  #reach(at, direction, kind) {
    const side = direction < 0 ? this.text.slice(0, at) : this.text.slice(at);
    if (!side) return 0;
    if (/Line/.test(kind)) return Math.max(1, (direction < 0 ? /.*$/ : /^.*/).exec(side)[0].length);
    if (/Word/.test(kind)) return (direction < 0 ? /\S*\s*$/ : /^\s*\S*/).exec(side)[0].length;
    const near = direction < 0 ? side.slice(-64) : side.slice(0, 64);
    const parts = graphemes ? [...graphemes.segment(near)].map((part) => part.segment) : [...near];
    return parts.at(direction < 0 ? -1 : 0).length;
  }

  // What the browser has changed by itself.
  #read() {
    const now = plain(this.element);
    if (now !== this.text) {
      const caret = this.selection();
      const step = difference(this.text, now, caret ? caret.end : now.length);
      let at = 0, skip = 0;
      for (const child of this.element.childNodes) {
        if (!isPill(child)) at += plain(child).length;
        else if (at === step.start) skip++;
      }
      this.text = now;
      this.on.change({...step, skip});
    }
    if (!this.composing) this.redraw?.();
  }

  // Copying takes the supporter's text, not the suggestions in it.
  #copy(event, cut = false) {
    const chosen = this.selection();
    if (!chosen || chosen.start === chosen.end) return;
    event.preventDefault();
    event.clipboardData.setData('text/plain', this.text.slice(chosen.start, chosen.end));
    if (!cut) return;
    this.caret = {offset: chosen.start, skip: chosen.from};
    this.on.change({start: chosen.start, end: chosen.end, insert: '', skip: chosen.from});
  }

  // Bring the box to what `list` says and touch nothing that is so already. Returns whether anything was touched.
  #draw(list) {
    const nodes = [...this.element.childNodes];
    if (nodes.length === list.length && list.every((piece, i) => kindOf(nodes[i]) === piece.kind)) {
      let touched = false;
      list.forEach((piece, i) => {
        if (piece.text === undefined) return;
        const text = nodes[i].nodeType === 3 ? nodes[i] : nodes[i].firstChild;
        if (text.data !== piece.text) { text.data = piece.text; touched = true; }
      });
      return touched;
    }
    const same = (node, piece) => node && piece && kindOf(node) === piece.kind && (piece.text === undefined || node.textContent === piece.text);
    let head = 0, tail = 0;
    while (same(nodes[head], list[head])) head++;
    while (tail < Math.min(nodes.length, list.length) - head && same(nodes.at(-1 - tail), list.at(-1 - tail))) tail++;
    nodes.slice(head, nodes.length - tail).forEach((node) => node.remove());
    const next = tail ? nodes.at(-tail) : null;
    for (const piece of list.slice(head, list.length - tail)) this.element.insertBefore(made(piece), next);
    return true;
  }
}

const isPill = (node) => node.nodeType === 1 && node.classList.contains('pill');

// The supporter's text below a node.
function plain(node) {
  if (node.nodeType === 3) return node.data;
  if (isPill(node)) return '';
  if (node.nodeName === 'BR') return node.dataset.end === undefined ? '\n' : '';
  let text = '';
  for (const child of node.childNodes) {
    if (text && !text.endsWith('\n') && /^(DIV|P)$/.test(child.nodeName)) text += '\n';
    text += plain(child);
  }
  return text;
}

// Where a position in one text is in another.
function follow(before, after, offset) {
  if (before === after) return offset;
  const step = difference(before, after);
  if (offset <= step.start) return offset;
  return offset >= step.end ? offset + after.length - before.length : step.start + step.insert.length;
}

// The text cut where its looks change, and the pills between.
function pieces(state, marks, now) {
  const ranges = [];
  for (const item of state.items) {
    const o = option(item);
    if (o.end > o.start) ranges.push({start: o.start, end: o.end, name: `cut${item.id === now ? ' now' : ''}`, item: item.id});
  }
  for (const range of state.ours) ranges.push({...range, name: 'ours'});
  for (const mark of marks) ranges.push(mark);
  const cuts = new Set([0, state.text.length, ...state.items.map(pillAt)]);
  for (const range of ranges) cuts.add(range.start).add(range.end);
  const places = [...cuts].filter((at) => at >= 0 && at <= state.text.length).sort((a, b) => a - b);
  const list = [];
  places.forEach((at, i) => {
    for (const item of state.items) if (pillAt(item) === at) list.push(pill(item, item.id === now));
    const end = places[i + 1];
    if (end === undefined) return;
    const over = ranges.filter((range) => range.start <= at && range.end >= end);
    const names = [...new Set(over.flatMap((range) => range.name.split(' ')))].sort().join(' ');
    const item = over.find((range) => range.item)?.item ?? '';
    list.push({kind: `text|${names}|${item}`, names, item, text: state.text.slice(at, end)});
  });
  list.push({kind: 'end'});
  return list;
}

function pill(item, now) {
  const o = option(item);
  return {kind: `pill|${item.id}|${o.op}|${o.text}|${now}`, item, now};
}

function kindOf(node) {
  if (node.nodeType === 3) return 'text||';
  if (node.nodeName === 'BR') return node.dataset.end === undefined ? '' : 'end';
  if (node.dataset?.kind?.startsWith('text|') && (node.childNodes.length !== 1 || node.firstChild.nodeType !== 3)) return '';
  return node.dataset?.kind ?? '';
}

function made(piece) {
  if (piece.kind === 'end') return element('br', {'data-end': ''});
  if (piece.text !== undefined) {
    if (!piece.names) return document.createTextNode(piece.text);
    const node = element(/\bcut\b/.test(piece.names) ? 'del' : 'span', {class: piece.names, 'data-kind': piece.kind});
    if (piece.item) node.dataset.item = piece.item;
    node.append(piece.text);
    return node;
  }
  const o = option(piece.item);
  const node = element('span', {
    class: `pill ${o.op}${piece.now ? ' now' : ''}`, contenteditable: 'false', 'data-item': piece.item.id, 'data-kind': piece.kind,
  });
  const said = {insert: 'suggested addition: ', replace: 'suggested instead: ', delete: 'suggested removal of the sentence before'}[o.op];
  const words = element(o.op === 'delete' ? 'span' : 'ins', {class: 'words'});
  words.append(element('span', {class: 'sr-only'}, said));
  words.append(element('span', {class: 'sign', 'aria-hidden': 'true'}, o.op === 'delete' ? '−' : '+'));
  if (o.text) words.append(element('span', {class: 'new', dir: 'auto'}, o.text.trim()));
  const what = o.text.trim() || 'the removal';
  // Out of the tab order: the same buttons, with words, stand in the card below, one step away.
  const choices = element('span', {class: 'choices'});
  // The word joiner keeps the buttons on the line of the last word.
  choices.append('\u2060',
    element('button', {type: 'button', class: 'yes', tabindex: '-1', title: 'Accept', 'aria-label': `Accept: ${what}`}, '✓'),
    element('button', {type: 'button', class: 'no', tabindex: '-1', title: 'Reject', 'aria-label': `Reject: ${what}`}, '✕'));
  node.append(words, choices);
  return node;
}

export function element(name, attributes = {}, text = '') {
  const node = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
  if (text) node.append(text);
  return node;
}
