// Steps a supporter could take, at random but repeatable; returns what broke, or null.
async ([address, seed]) => {
  const m = await import(address + '/partner/model.js');
  const random = () => { seed = (seed * 1103515245 + 12345) % 2147483648; return seed / 2147483648; };
  const upto = (n) => Math.floor(random() * (n + 1));
  const words = ['a', 'Hello.', ' ', '\n', '🙂', 'You should rest. '];
  let number = 0;
  const offer = (text) => {
    const start = upto(text.length), kind = ['insert', 'replace', 'delete'][upto(2)];
    const end = kind === 'insert' ? start : Math.min(text.length, start + 1 + upto(6));
    const new_ = kind === 'delete' ? '' : `New ${number}.`;
    if (end === start && kind !== 'insert') return null;
    return {id: `s${++number}`, pick: 0, options: [{op: kind, at: 0, text: new_, mechanism: null, scores: null, reason: '',
      start, end, insert: new_ && ` ${new_}`, reply: text}]};
  };
  for (let walk = 0; walk < 60; walk++) {
    const steps = new m.Steps(m.blank('One two. Three.'));
    const trail = [steps.state];
    let asked = null, changes = [];
    for (let i = 0; i < 30; i++) {
      const state = steps.state, item = state.items[upto(state.items.length - 1)];
      const kind = ['type', 'cut', 'accept', 'reject', 'ask', 'come', 'edit'][upto(6)];
      let next = state;
      if (kind === 'type') {
        const at = upto(state.text.length), insert = words[upto(words.length - 1)];
        next = m.change(state, {start: at, end: at, insert, skip: upto(2)});
        if (next.text !== state.text.slice(0, at) + insert + state.text.slice(at)) return ['typed words changed', state, next];
      } else if (kind === 'cut') {
        const start = upto(state.text.length), end = Math.min(state.text.length, start + upto(5));
        next = m.change(state, {start, end, insert: ''});
        if (next.text.length !== state.text.length - (end - start)) return ['cut more than was asked', state, next];
      } else if ((kind === 'accept' || kind === 'edit') && item) {
        const o = m.option(item);
        next = kind === 'accept' ? m.accept(state, item.id) : m.accept(state, item.id, 'Mine.');
        if (!next.text.startsWith(state.text.slice(0, o.start)) || !next.text.endsWith(state.text.slice(o.end))) {
          return ['accepting touched other text', state, next];
        }
        if (o.text && !next.text.includes(kind === 'edit' ? 'Mine.' : o.text)) return ['accepted words are missing', state, next];
        if (state.ours.some((r) => r.end <= o.start || r.start >= o.end) &&
            !state.ours.filter((r) => r.end <= o.start || r.start >= o.end).every((r) =>
              next.ours.some((q) => next.text.slice(q.start, q.end) === state.text.slice(r.start, r.end)))) {
          return ['a decided sentence moved or changed', state, next];
        }
      } else if (kind === 'reject' && item) {
        next = m.reject(state, item.id);
        if (next.text !== state.text) return ['rejecting changed the text', state, next];
      } else if (kind === 'ask') { asked = state.text; changes = [];
      } else if (kind === 'come' && asked !== null) {
        const come = offer(asked);
        if (come) { const before = steps.state; steps.update(m.arrive(before, come, changes));
          if (steps.state.text !== before.text) return ['an arrival changed the text', before, steps.state]; }
        continue;
      }
      if (next === state) continue;
      changes.push(m.difference(state.text, next.text));
      steps.take(next, 'step', [], i * 5000);
      for (const it of next.items) for (const o of it.options) {
        if (o.start < 0 || o.end > next.text.length || o.start > o.end) return ['a suggestion fell off the text', state, next];
      }
      for (const r of next.ours) if (r.start >= r.end || r.end > next.text.length) return ['a mark fell off the text', state, next];
    }
    const last = steps.state, texts = [last.text];
    while (steps.past.length) { steps.undo(); texts.push(steps.state.text); }
    if (steps.state.text !== 'One two. Three.') return ['undoing everything did not give the draft back', steps.state];
    for (let i = texts.length - 2; i >= 0; i--) { steps.redo(); if (steps.state.text !== texts[i]) return ['redo lost a step', texts[i], steps.state]; }
    if (JSON.stringify(steps.state) !== JSON.stringify(last)) return ['redo lost a suggestion', last, steps.state];
  }
  return null;
}
