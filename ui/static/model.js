// The reply and the suggestions in it, as plain values: no page, no server. Every function returns a new state.
//
// A state is {text, items, ours, kept, refused}:
//   text     the reply as the supporter would send it
//   items    open suggestions in the order of their place: {id, options, pick}. An option is one wording with its patch:
//            {op, at, text, mechanism, scores, reason, start, end, insert, reply}; `at` counts the sentences of `reply`
//   ours     [{start, end}] sentences that were accepted as they were offered
//   kept     [{start, end}] sentences whose removal was rejected; it is not offered again
//   refused  sentences the supporter has rejected or flagged; they are not offered again
// Positions are UTF-16 code units, as everywhere in a browser.

export const blank = (text = '') => ({text, items: [], ours: [], kept: [], refused: []});

export const option = (item) => item.options[item.pick];

const point = (o) => o.start === o.end;
// The pill of an insertion stands where the sentence would go, that of a replacement or removal behind the old sentence.
export const pillAt = (item) => option(item).end;
const order = (a, b) => pillAt(a) - pillAt(b) || Number(point(option(a))) - Number(point(option(b)));

const sorted = (items) => items.map((item, i) => [item, i]).sort(([a, i], [b, j]) => order(a, b) || i - j).map(([item]) => item);

// One option after the text from change.start to change.end has become change.insert; null where its place is gone.
// `behind`: the option's pill stands behind the place of the change, where both are at the same position.
function moved(o, change, behind) {
  const {start, end, insert} = change, shift = insert.length - (end - start);
  const by = (n) => n ? {...o, start: o.start + n, end: o.end + n} : o;
  if (point(o)) {
    if (o.start < start) return o;
    if (start === end && o.start === start) return by(behind ? shift : 0);
    if (o.start >= end && o.start > start) return by(shift);
    return by(start - o.start);
  }
  if (end <= o.start) return by(shift);
  if (start > o.end || (start === o.end && !(behind && start === end))) return o;
  return null;
}

function movedItem(item, change, behind) {
  const options = item.options.map((o) => moved(o, change, behind));
  if (!options[item.pick]) return null;
  return {...item, options: options.filter(Boolean), pick: options.slice(0, item.pick).filter(Boolean).length};
}

// change: {start, end, insert, skip}; skip says how many of the pills at `start` stand before the place of the change.
export function change(state, {start, end, insert, skip = Infinity}) {
  const step = {start, end, insert};
  let seen = 0;
  const items = [];
  for (const item of state.items) {
    const behind = pillAt(item) === start && seen++ >= skip;
    const next = movedItem(item, step, behind);
    if (next) items.push(next);
  }
  const shift = insert.length - (end - start);
  const still = (ranges) => ranges.flatMap((range) => {
    if (end <= range.start) return [{start: range.start + shift, end: range.end + shift}];
    return start >= range.end ? [range] : [];
  });
  const text = state.text.slice(0, start) + insert + state.text.slice(end);
  return {...state, text, items: sorted(items), ours: still(state.ours), kept: still(state.kept)};
}

// The smallest change that turns one text into another, near the caret where that is not clear ("aa" to "aaa").
export function difference(before, after, caret = after.length) {
  let start = 0;
  const most = Math.min(before.length, after.length, caret);
  while (start < most && before[start] === after[start]) start++;
  let a = before.length, b = after.length;
  while (a > start && b > start && before[a - 1] === after[b - 1]) { a--; b--; }
  return {start, end: a, insert: after.slice(start, b)};
}

// A sentence must not run into its neighbours: the server's patch has the right white space for the text it saw, and
// this mends it where the supporter has typed since.
function glued(text, {start, end, insert}) {
  if (!insert.trim()) return insert;
  const before = text[start - 1], after = text[end];
  const left = before && !/\s/.test(before) && !/^\s/.test(insert) ? ' ' : '';
  const right = after && !/\s/.test(after) && !/\s$/.test(insert) ? ' ' : '';
  return left + insert + right;
}

// Accept one suggestion, as offered or as edited by the supporter.
export function accept(state, id, edited = null) {
  const item = state.items.find((i) => i.id === id);
  if (!item) return state;
  const o = option(item), words = o.text.trim();
  const wanted = edited === null ? o.insert : o.insert.replace(words, () => edited.trim());
  const insert = glued(state.text, {...o, insert: wanted});
  const rest = state.items.filter((i) => i !== item);
  const skip = state.items.filter((i) => pillAt(i) === o.start).findIndex((i) => i === item);
  const next = change({...state, items: rest}, {start: o.start, end: o.end, insert, skip: skip < 0 ? Infinity : skip});
  const lead = insert.length - insert.trimStart().length;
  if (edited === null && insert.trim()) {
    next.ours = [...next.ours, {start: o.start + lead, end: o.start + lead + insert.trim().length}];
  }
  return next;
}

export function reject(state, id) {
  const item = state.items.find((i) => i.id === id);
  if (!item) return state;
  const texts = item.options.map((o) => o.text).filter(Boolean), {op, start, end} = option(item);
  const kept = op === 'delete' ? [...state.kept, {start, end}] : state.kept;
  return {...state, items: state.items.filter((i) => i !== item), kept, refused: [...new Set([...state.refused, ...texts])]};
}

export function reword(state, id, pick) {
  return {...state, items: sorted(state.items.map((i) => i.id === id ? {...i, pick} : i))};
}

// Add further wordings to a suggestion; those it has already are left out.
export function widen(state, id, options) {
  return {...state, items: state.items.map((i) => {
    if (i.id !== id) return i;
    const known = new Set(i.options.map((o) => o.text.trim().toLowerCase()));
    return {...i, options: [...i.options, ...options.filter((o) => o.text && !known.has(o.text.trim().toLowerCase()))]};
  })};
}

const clash = (a, b) => {
  const x = option(a), y = option(b);
  if (x.text && x.text.trim().toLowerCase() === y.text.trim().toLowerCase()) return true;
  return !point(x) && !point(y) && x.start < y.end && y.start < x.end;
};

// Wordings after what was typed since they were asked for; null where the place is gone.
export function caughtUp(options, changes) {
  for (const step of changes) options = options.map((o) => o && moved(o, step, true));
  return options;
}

// A suggestion has come. `changes`: what was typed since it was asked for. A new one takes the place of what it clashes with.
export function arrive(state, item, changes = []) {
  const options = caughtUp(item.options, changes);
  if (!options[0]) return state;
  const next = {...item, pick: 0, options: options.filter(Boolean)};
  return {...state, items: sorted([...state.items.filter((i) => !clash(i, next)), next])};
}

// The server has found the places of the suggestions in the text as it is: {id: {at, start, end, insert, scores} or null};
// `scores`, where given, are before and after for this text. Only the wording on show is placed; the others go where they are asked for again.
export function settle(state, places) {
  const items = state.items.flatMap((item) => {
    if (!(item.id in places)) return [item];
    const place = places[item.id];
    if (!place) return [];
    const options = item.options.map((o, i) => i !== item.pick ? o :
      {...o, ...place, scores: o.scores && {...o.scores, ...place.scores}, reply: state.text});
    return [{...item, options}];
  });
  return {...state, items: sorted(items)};
}

// Steps back and forth. A step keeps the state before it; what came in from the server since then stays with it.
export class Steps {
  constructor(state) { this.state = state; this.past = []; this.future = []; this.last = null; }

  // kind: 'type' steps that follow each other within a second are one; `decisions` are what the step decided.
  take(state, kind = '', decisions = [], now = Date.now()) {
    if (state === this.state) return;
    const join = kind === 'type' && this.last?.kind === 'type' && now - this.last.time < 1000 && !this.future.length;
    if (!join) this.past.push({state: this.state, decisions});
    this.future = [];
    this.last = {kind, time: now};
    this.state = state;
  }

  // What no supporter did: suggestions that came or moved. Typing before and after it is not one step.
  update(state) { this.state = state; this.last = null; }

  // Both return the decisions of the step.
  undo() { return this.#move(this.past, this.future); }
  redo() { return this.#move(this.future, this.past); }

  #move(from, to) {
    const step = from.pop();
    if (!step) return null;
    to.push({state: this.state, decisions: step.decisions});
    this.state = step.state;
    this.last = null;
    return step.decisions;
  }
}
