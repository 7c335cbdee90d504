// The page: what each button and key does. The reply itself is in model.js and editor.js.

import * as model from './model.js';
import {Editor, element} from './editor.js';
import {Feedback} from './feedback.js';
import {health, settle, suggest, Unreachable} from './server.js';

const MECHANISMS = {emotional_reaction: 'Emotional reaction', interpretation: 'Interpretation', exploration: 'Exploration'};
const LEVELS = ['none', 'weak', 'strong'];
const OPS = {insert: 'Add', replace: 'Replace', delete: 'Remove'};
const EACH = 4, WORDINGS = 4;

export function start(root, {examples}) {
  if (root.dataset.started) return;
  root.dataset.started = 'yes';
  const $ = (id) => root.querySelector(`#${id}`);
  const post = $('post'), history = $('history'), card = $('card');
  const steps = new model.Steps(model.blank());
  let now = null;       // id of the suggestion in the card
  let asking = null;    // the question under way: {stop, changes, kind}
  let number = 0;       // suggestions so far in this page
  let scores = null;    // {text, scores}: of the reply as it was last scored
  let first = null;     // scores of the draft that the supporter came with
  let answered = '';    // the post that the open suggestions are for
  let copied = '';      // the reply as it was last copied

  const state = () => steps.state;
  const current = () => state().items.find((item) => item.id === now);
  const say = (text) => { $('status').textContent = text; };
  const fail = (text) => { $('problem').textContent = text; };

  // ---- the state and what follows from a new one

  function show() {
    if (!current()) now = state().items[0]?.id ?? null;
    editor.render(state(), marks(), now);
    showCard();
    const open = state().items.length;
    able('undo', steps.past.length);
    able('redo', steps.future.length);
    able('accept-all', open);
    able('reject-all', open);
    able('copy', state().text.trim());
  }

  // aria-disabled, not disabled: a button that goes dead under the fingers must keep the keyboard focus.
  const able = (id, can) => $(id).setAttribute('aria-disabled', String(!can));
  const can = (id) => $(id).getAttribute('aria-disabled') !== 'true';

  function follow(before) {
    if (before !== state().text) asking?.changes.push(model.difference(before, state().text));
  }

  function take(next, kind, decisions = []) {
    const before = state().text;
    steps.take(next, kind, decisions);
    follow(before);
    show();
    later(kind === 'type' ? 500 : 0);
  }

  // ---- decisions

  function decision(item, action, extra = {}) {
    const {reply, ...suggestion} = model.option(item);
    const {op, at, text, mechanism, scores, reason} = suggestion;
    return {post: answered, history: turns(), reply, suggestion: {op, at, text, mechanism, scores, reason}, action, ...extra};
  }

  // What a step decided: kept with the step, so that undoing it can be told to the store and redoing can repeat it.
  const recorded = (decisions) => decisions.map((what) => ({what, id: feedback.record(what)}));

  function beside(id) {
    const items = state().items, at = items.findIndex((item) => item.id === id);
    return items[at + 1]?.id ?? items[at - 1]?.id ?? null;
  }

  function accept(id, edited = null) {
    const item = state().items.find((i) => i.id === id);
    if (!item) return;
    const changed = edited !== null && edited.trim() !== model.option(item).text.trim();
    const done = recorded([decision(item, changed ? 'edited' : 'accepted', changed ? {edited: edited.trim()} : {})]);
    if (id === now) now = beside(id);
    take(model.accept(state(), id, changed ? edited : null), 'accept', done);
    say(`Accepted. ${left()}`);
    settleFocus();
  }

  function reject(id) {
    const item = state().items.find((i) => i.id === id);
    if (!item) return;
    const done = recorded([decision(item, 'rejected')]);
    if (id === now) now = beside(id);
    take(model.reject(state(), id), 'reject', done);
    say(`Rejected. ${left()}`);
    settleFocus();
  }

  function all(action, each) {
    const items = state().items;
    let next = state();
    const done = recorded(items.map((item) => decision(item, action)));
    for (const item of items) next = each(next, item.id);
    take(next, action, done);
    say(`${items.length} ${action}.`);
    settleFocus();
  }

  // The card has gone from under the focus: the next key must not land in the reply.
  function settleFocus() {
    if (!state().items.length && (card.contains(document.activeElement) || document.activeElement === document.body)) $('copy').focus();
  }

  function travel(move, word) {
    const before = state().text;
    const decisions = steps[move]();
    if (!decisions) return;
    for (const done of decisions) {
      if (move === 'undo') { if (done.id) feedback.record({...done.what, action: 'undone', of: done.id}); }
      else done.id = feedback.record(done.what);
    }
    follow(before);
    show();
    later(0);
    say(`${word}. ${left()}`);
  }
  const undo = () => travel('undo', 'Undone');
  const redo = () => travel('redo', 'Done again');

  const counted = (n) => n ? `${n} suggestion${n > 1 ? 's' : ''}` : 'No suggestions';
  const left = () => `${counted(state().items.length)} left.`;

  // ---- the reply box

  const editor = new Editor($('reply'), {
    change: (step) => take(model.change(state(), step), 'type'),
    undo, redo, accept, reject,
    pick: (id) => { now = id; closeForms(); show(); },
  });

  const marks = () => {
    if (!$('why').checked || scores?.text !== state().text) return [];
    return Object.keys(MECHANISMS).flatMap((m) => scores.scores[m].rationale.map(([start, end]) => ({start, end, name: `mark ${m}`})));
  };

  // ---- the card: one suggestion in words

  function showCard() {
    const items = state().items, item = current();
    card.hidden = !item;
    if (!item) { closeForms(); return; }
    const o = model.option(item), at = items.indexOf(item);
    $('card-title').textContent = `Suggestion ${at + 1} of ${items.length}: ${OPS[o.op].toLowerCase()}${where(o)}`;
    const what = $('card-what');
    what.replaceChildren();
    if (o.end > o.start && o.op !== 'insert') what.append(spoken('del', 'from: ', '−', state().text.slice(o.start, o.end).trim()), ' ');
    if (o.text) what.append(spoken('ins', 'new: ', '+', o.text.trim()));
    $('card-why').textContent = o.reason;
    $('card-gain').textContent = gain(o);
    $('other').textContent = item.options.length > 1 ? `Other wording (${item.pick + 1} of ${item.options.length})` : 'Other wording';
    able('other', o.op !== 'delete');
    able('edit', o.op !== 'delete');
    able('previous', items.length > 1);
    able('next', items.length > 1);
  }

  function spoken(tag, word, sign, text) {
    const node = element(tag, {dir: 'auto'});
    node.append(element('span', {class: 'sr-only'}, word), element('span', {class: 'sign', 'aria-hidden': 'true'}, sign), text);
    return node;
  }

  function where(o) {
    if (o.op !== 'insert' || !state().text.trim()) return '';
    if (!state().text.slice(0, o.start).trim()) return ' at the start';
    return state().text.slice(o.start).trim() ? ' in the middle' : ' at the end';
  }

  const level = (expected) => LEVELS[Math.min(2, Math.round(expected))];

  function gain(o) {
    const name = o.mechanism ? MECHANISMS[o.mechanism] : '';
    if (!o.scores || !o.mechanism) return name;
    const [from, to] = [o.scores.before[o.mechanism], o.scores.after[o.mechanism]].map(level);
    return from === to ? `${name}: stays ${to}` : `${name}: ${from} → ${to}`;
  }

  function step(by) {
    const items = state().items;
    if (!items.length) return;
    const at = items.findIndex((item) => item.id === now);
    now = items[(at + by + items.length) % items.length].id;
    closeForms();
    show();
    root.querySelector(`.pill[data-item="${now}"]`)?.scrollIntoView({block: 'nearest'});
  }

  async function other() {
    const item = current();
    if (!item || !can('other')) return;
    const id = item.id, place = model.option(item);
    if (item.pick + 1 < item.options.length) return reworded(id, item.pick + 1);
    const texts = item.options.map((o) => o.text);
    const found = [];
    await ask('wording', {
      near: place.start, mechanisms: place.mechanism ? [place.mechanism] : undefined, n: 12, alternatives: 12,
      avoid: [...state().refused, ...texts],
    }, (options, changes) => {
      const fits = options.filter((o) => o.op === place.op && same(o, place));
      found.push(...model.caughtUp(fits, changes).filter(Boolean));
    });
    const here = state().items.find((i) => i.id === id);
    if (!here) return;
    if (found.length) {
      const wider = model.widen(state(), id, found);
      steps.update(wider);
      const grown = wider.items.find((i) => i.id === id);
      if (grown.options.length > here.options.length) return reworded(id, here.options.length);
    }
    if (here.options.length > 1) reworded(id, 0);
    say(here.options.length > 1 ? 'That was the last wording for this place; back to the first.' : 'Nothing else good enough was found for this place.');
  }

  const same = (a, b) => (a.start === a.end) === (b.start === b.end) && Math.abs(a.start - b.start) < 2;

  function reworded(id, pick) {
    now = id;
    take(model.reword(state(), id, pick), 'wording');
    const item = current();
    say(`Wording ${item.pick + 1} of ${item.options.length}: ${model.option(item).text}`);
  }

  function closeForms() {
    $('edit-form').hidden = true;
    $('flag-form').hidden = true;
    $('decide').hidden = false;
    $('flag').setAttribute('aria-expanded', 'false');
  }

  function openForm(name) {
    if (!current()) return;
    closeForms();
    if (name === 'edit') {
      if (!can('edit')) return;
      $('edit-text').value = model.option(current()).text.trim();
      $('decide').hidden = true;
      $('edit-form').hidden = false;
      $('edit-text').focus();
    } else {
      $('flag-form').reset();
      $('flag-form').hidden = false;
      $('flag').setAttribute('aria-expanded', 'true');
      $('flag-where').textContent = feedback.on ? 'Stored with your feedback.' : 'Feedback is off, so this only removes the suggestion; turn feedback on above to have it stored.';
      $('flag-form').querySelector('input').focus();
    }
  }

  $('edit-form').addEventListener('submit', (event) => {
    event.preventDefault();
    if (!$('edit-text').value.trim()) return;
    const id = now;
    closeForms();
    accept(id, $('edit-text').value);
    if (!card.hidden) $('accept').focus();
  });
  $('flag-form').addEventListener('submit', (event) => {
    event.preventDefault();
    const item = current();
    const kind = new FormData($('flag-form')).get('flag'), note = $('flag-note').value.trim() || null;
    const done = recorded([decision(item, 'flagged', {flag: kind, note})]);
    now = beside(item.id);
    closeForms();
    take(model.reject(state(), item.id), 'flag', done);
    say(`Flagged as “${kind}” and removed. ${left()}`);
    if (card.hidden) $('copy').focus(); else $('accept').focus();
  });

  // ---- asking

  function turns() {
    // "Them:" and "Me:" open a message; what stands before the first of them is theirs.
    const parts = history.value.split(/^[^\S\n]*(them|me)[^\S\n]*:/im);
    const found = [{role: 'seeker', text: parts[0].trim()}];
    for (let i = 1; i < parts.length; i += 2) found.push({role: parts[i].toLowerCase() === 'me' ? 'supporter' : 'seeker', text: parts[i + 1].trim()});
    return found.filter((turn) => turn.text);
  }

  function busy(text) {
    $('busy').hidden = !text;
    if ($('busy-text').textContent !== text) $('busy-text').textContent = text;
  }

  // Whether the supporter went to the card while suggestions came. A card that appears below a resting pointer is not meant.
  let touched = false;
  $('card').addEventListener('pointermove', (event) => { touched ||= Boolean(event.movementX || event.movementY); });
  $('card').addEventListener('focusin', () => { touched = true; });

  // kind: 'all' replaces the open suggestions, 'more' adds to them, 'wording' hands what comes to `each`.
  async function ask(kind, wanted = {}, each = null) {
    if (!post.value.trim()) { fail('Please paste the post you are answering first.'); post.focus(); return; }
    if (asking?.kind === kind && kind === 'all') return; // an impatient second press starts nothing
    asking?.stop.abort();
    const mine = asking = {stop: new AbortController(), changes: [], kind};
    const text = state().text, about = post.value;
    let came = 0;
    touched = false;
    fail('');
    busy('Reading the post and your reply…');
    const body = {
      post: about, reply: text, history: turns(), n: EACH, alternatives: WORDINGS, avoid: state().refused,
      keep: [...state().ours, ...state().kept].map(({start, end}) => [start, end]), ...wanted,
    };
    const on = (event) => {
      if (asking !== mine) return;
      if (event.event === 'loading') busy('The model is still loading; your question is next. You can go on writing.');
      else if (event.event === 'waiting') busy(waiting(event));
      else if (event.event === 'read') {
        crisis(event.crisis);
        if (answered !== about || !first) first = event.scores;
        answered = about;
        if (state().text === text) { scores = {text, scores: event.scores}; }
        meters();
      } else if (event.event === 'suggestion') {
        const options = event.options.map((o) => ({...o, reply: text}));
        if (each) return each(options, mine.changes);
        if (!came++ && kind === 'all') steps.update({...state(), items: []});
        const item = {id: `s${++number}`, options, pick: 0};
        steps.update(model.arrive(state(), item, mine.changes));
        busy('Looking for more…');
        if (came === 1 && state().items.some((i) => i.id === item.id)) now = kind === 'all' ? state().items[0].id : item.id;
        show();
      } else if (event.event === 'error') throw new Error(event.message);
      else if (event.event === 'end' && !each) {
        const plain = event.message && !event.crisis ? ` ${event.message}` : '';
        say(came ? `${counted(state().items.length)}.${plain}` : plain.trim() || 'Nothing found that is good enough to suggest here.');
        // Begin with the first in the text, unless the supporter is at work on one that came before the others.
        const busyWith = touched && state().items.some((i) => i.id === now);
        if (kind === 'all' && came && !busyWith) now = state().items[0]?.id ?? null;
        show();
        later(0);
      }
    };
    try {
      await suggest(body, on, mine.stop.signal);
    } catch (error) {
      if (error.name === 'AbortError') return;
      fail(error.message);
    } finally {
      if (asking === mine) { asking = null; busy(''); }
    }
  }

  function waiting({ahead, seconds}) {
    const time = seconds === null ? '' : `, about ${Math.max(1, Math.round(seconds))} seconds`;
    if (!ahead) return `Looking for suggestions${time}… You can go on writing.`;
    return `In line: ${ahead} request${ahead > 1 ? 's' : ''} before yours${time}. You can go on writing.`;
  }

  // ---- scores

  let timer = null, settling = 0;
  function later(delay) {
    clearTimeout(timer);
    timer = setTimeout(rest, delay);
  }

  // The text has come to rest: score it and find the open suggestions' places in it.
  async function rest() {
    if (!post.value.trim()) return;
    const mine = ++settling, text = state().text;
    const open = state().items.map((item) => [item, model.option(item)]);
    let answer;
    try {
      answer = await settle({
        post: post.value, reply: text, history: turns(),
        open: open.map(([item, {op, text, start, end, scores}]) => ({id: item.id, op, text, start, end, scored: Boolean(scores)})),
      });
    } catch (error) {
      if (!(error instanceof Unreachable)) console.warn(error.message);
      return;
    }
    if (mine !== settling || text !== state().text) return;
    crisis(answer.crisis);
    scores = {text, scores: answer.scores};
    first ??= answer.scores;
    for (const [item, o] of open) {
      const same = state().items.find((i) => i.id === item.id);
      if (!same || model.option(same).text !== o.text) delete answer.open[item.id]; // another wording since
    }
    steps.update(model.settle(state(), answer.open));
    meters();
    show();
  }

  function meters() {
    if (!scores) return;
    const rows = Object.entries(MECHANISMS).map(([m, name]) => {
      const before = (first ?? scores.scores)[m], after = scores.scores[m];
      const row = element('div', {class: 'meter'});
      const words = `${name}: ${LEVELS[before.level]} before, ${LEVELS[after.level]} now`;
      const track = element('span', {
        class: 'track', role: 'meter', 'aria-label': name, 'aria-valuemin': 0, 'aria-valuemax': 2,
        'aria-valuenow': after.expected.toFixed(2), 'aria-valuetext': words,
      });
      track.append(element('span', {class: 'fill', style: `width:${(after.expected * 50).toFixed(1)}%`}),
        element('span', {class: 'tick', style: `left:${(before.expected * 50).toFixed(1)}%`}));
      const values = element('span', {class: 'values'});
      if (before.level !== after.level) values.append(LEVELS[before.level], element('span', {'aria-hidden': 'true'}, ' → '));
      values.append(element('strong', {}, LEVELS[after.level]));
      row.append(element('span', {class: `name mark ${m}`}, name), track, values);
      return row;
    });
    $('meter-rows').replaceChildren(...rows);
  }

  // ---- care

  function crisis(yes) {
    const box = $('crisis');
    if (yes === Boolean(box.firstChild)) return;
    box.replaceChildren(...(yes ? [$('crisis-template').content.cloneNode(true)] : []));
    $('copy-help')?.addEventListener('click', () => copy($('help-message').textContent, $('copy-help'), $('help-message')));
  }

  async function copy(text, button, source) {
    button.dataset.label ??= button.textContent;
    let done = true;
    try {
      await navigator.clipboard.writeText(text);
      button.textContent = 'Copied ✓';
    } catch {
      done = false;
      source.focus();
      getSelection().selectAllChildren(source);
      button.textContent = 'Selected: press Ctrl+C';
    }
    setTimeout(() => { button.textContent = button.dataset.label; }, 2500);
    return done;
  }

  // ---- feedback

  const feedback = new Feedback(() => {
    const open = feedback.waiting.length;
    $('feedback-state').textContent = !feedback.on ? 'off' : open ? `${open} not saved yet` : `on, ${feedback.saved} saved`;
    $('feedback-off').hidden = feedback.on;
    $('feedback-on').hidden = !feedback.on;
    $('feedback-note').textContent = feedback.problem;
  });

  async function see() {
    try {
      const seen = await feedback.see();
      root.querySelectorAll('.where').forEach((node) => { node.textContent = seen.where; });
      feedback.show();
      $('since').textContent = seen.agreed ? new Date(seen.agreed).toLocaleString() : '';
      $('count').textContent = `${seen.count} decision${seen.count === 1 ? '' : 's'}`;
      const rows = seen.records.slice().reverse().map((record) => {
        const node = element('article');
        node.append(element('h3', {}, `${record.action}${record.flag ? ` (${record.flag})` : ''}, ${new Date(record.time).toLocaleString()}`));
        const line = (name, text) => { if (text) node.append(element('p', {}, `${name}: ${text}`)); };
        line('Post', record.post);
        line('Reply', record.reply);
        line('Suggestion', `${record.suggestion.op} ${record.suggestion.text}`);
        line('As you changed it', record.edited);
        line('Note', record.note);
        line('Model', record.model);
        return node;
      });
      $('records').replaceChildren(...rows);
    } catch {
      $('feedback-note').textContent = 'Partner’s program on this computer does not answer.';
    }
  }

  const tried = (work) => async () => {
    try { await work(); } catch { $('feedback-note').textContent = 'That did not work: Partner’s program on this computer does not answer.'; }
  };
  $('open-feedback').addEventListener('click', () => { $('feedback').showModal(); see(); });
  $('agree').addEventListener('click', tried(async () => { await feedback.agree(); await see(); }));
  $('export').addEventListener('click', tried(async () => {
    const address = URL.createObjectURL(await feedback.export());
    element('a', {href: address, download: 'partner-feedback.jsonl'}).click();
    setTimeout(() => URL.revokeObjectURL(address), 10000);
  }));
  $('forget').addEventListener('click', tried(async () => {
    if (!confirm('Delete everything that is stored about your decisions, and turn feedback off?')) return;
    const deleted = await feedback.forget();
    await see();
    $('feedback-note').textContent = `Deleted: ${deleted} decision${deleted === 1 ? '' : 's'}.`;
  }));

  // ---- buttons, keys, examples

  const press = (id, work) => $(id).addEventListener('click', () => { if (can(id)) work(); });
  press('suggest', () => ask('all'));
  root.querySelectorAll('[data-mechanism]').forEach((button) =>
    button.addEventListener('click', () => ask('more', {mechanisms: [button.dataset.mechanism], n: 2})));
  // Pressing a button takes the caret out of the reply; where it was is remembered.
  let caret = 0;
  document.addEventListener('selectionchange', () => { caret = editor.selection()?.end ?? caret; });
  const here = () => ask('more', {near: Math.min(caret, state().text.length), n: 3});
  press('here', here);
  press('cancel', () => { asking?.stop.abort(); asking = null; busy(''); say('Cancelled.'); });
  press('undo', undo);
  press('redo', redo);
  press('accept-all', () => all('accepted', model.accept));
  press('reject-all', () => all('rejected', model.reject));
  press('copy', async () => { if (await copy(state().text, $('copy'), $('reply'))) copied = state().text; });
  press('accept', () => accept(now));
  press('reject', () => reject(now));
  press('other', other);
  press('edit', () => openForm('edit'));
  press('flag', () => $('flag-form').hidden ? openForm('flag') : (closeForms(), $('flag').focus()));
  press('previous', () => step(-1));
  press('next', () => step(1));
  for (const form of ['edit', 'flag']) press(`${form}-cancel`, () => { closeForms(); $(form).focus(); });
  $('why').addEventListener('change', show);
  press('open-keys', () => $('keys').showModal());
  press('theme', () => {
    const dark = document.body.classList.toggle('dark');
    $('theme').setAttribute('aria-pressed', String(dark));
  });
  $('theme').setAttribute('aria-pressed', String(document.body.classList.contains('dark')));

  const box = (target) => target.closest?.('textarea, input, [contenteditable="true"], [contenteditable="plaintext-only"]');
  document.addEventListener('keydown', (event) => {
    const main = event.ctrlKey || event.metaKey, key = event.key.toLowerCase();
    if (root.querySelector('dialog[open]')) return;
    const go = (work) => { event.preventDefault(); work(); };
    if (main && key === 'enter') return go(() => ask('all'));
    if (event.altKey && !main && event.code === 'KeyS') return go(here);
    const digit = event.altKey && !main && /^Digit([123])$/.exec(event.code);
    if (digit) return go(() => ask('more', {mechanisms: [Object.keys(MECHANISMS)[digit[1] - 1]], n: 2}));
    if (key === 'f8') return go(() => { if (card.contains(document.activeElement)) step(event.shiftKey ? -1 : 1); if (!card.hidden) $('accept').focus(); });
    const own = box(event.target);
    if (main && (!own || own === $('reply'))) {
      if (key === 'z') return go(event.shiftKey ? redo : undo);
      if (key === 'y') return go(redo);
    }
    if (own) {
      if (key === 'escape' && card.contains(own)) go(() => { closeForms(); $('accept').focus(); });
      return;
    }
    if (main || event.altKey) return;
    if (event.key === '?') return go(() => $('keys').showModal());
    if (!card.contains(event.target)) return;
    if (key === 'escape') return go(() => { if (!$('flag-form').hidden) { closeForms(); $('flag').focus(); } else { $('reply').focus(); } });
    if (event.target.matches('input')) return;
    const keys = {a: () => accept(now), r: () => reject(now), w: other, e: () => openForm('edit'), f: () => openForm('flag'), arrowdown: () => step(1), arrowup: () => step(-1)};
    if (keys[key]) go(keys[key]);
  });

  // Fill the boxes; asks first where that would take something of the supporter's own away.
  let filled = ['', '', ''];
  function fill(texts, question) {
    const is = [post.value, history.value, state().text];
    const own = is.some((text, i) => text.trim() && text !== filled[i]);
    const sent = state().text.trim() && state().text === copied;
    if (own && !sent && !confirm(question)) return;
    filled = [texts.post ?? '', texts.history ?? '', texts.reply ?? ''];
    [post.value, history.value] = filled;
    $('earlier').open = Boolean(history.value);
    first = scores = null;
    steps.take({...model.blank(filled[2])}, 'fill');
    say('');
    fail('');
    show();
    renewed();
  }
  press('fresh', () => {
    fill({}, 'Your reply has not been copied. Clear it and the post for the next one?');
    post.focus();
  });
  root.querySelectorAll('[data-example]').forEach((button) => button.addEventListener('click', () =>
    fill(examples[button.dataset.example], 'Replace what you have written with this example?')));

  function fromAddress() {
    const sent = new URLSearchParams(location.hash.slice(1));
    if (!sent.has('post') && !sent.has('reply')) return;
    // Out of the address at once, so that no history remembers it.
    window.history.replaceState(null, '', location.pathname + location.search);
    const clean = (name) => (sent.get(name) ?? '').replace(/\r\n?/g, '\n').slice(0, 20000);
    fill({post: clean('post'), reply: clean('reply'), history: clean('history')}, 'Replace what is here with what the other page sent?');
  }
  window.addEventListener('hashchange', fromAddress);

  // Another post: the open suggestions were for the old one.
  function renewed() {
    if (!post.value.trim()) crisis(false);
    if (state().items.length && post.value !== answered) {
      take({...state(), items: []}, 'renew');
      say('The post has changed: ask again for suggestions that fit it.');
    } else later(500);
  }
  post.addEventListener('input', renewed);
  history.addEventListener('input', () => later(500));

  window.addEventListener('beforeunload', (event) => {
    const text = state().text;
    if ((text.trim() && text !== copied && text !== filled[2]) || feedback.waiting.length) event.preventDefault();
  });

  // ---- the model loads while the page is open

  const opened = Date.now();
  async function poll() {
    let known = null;
    try { known = await health(); } catch { /* the server restarts: asked again below */ }
    const waits = !known || (!known.ready && !known.error);
    $('loading').hidden = !waits;
    $('loading-text').textContent = known ? `Loading the model (${Math.round((Date.now() - opened) / 1000)} s). You can start writing.` : 'Waiting for Partner’s program on this computer.';
    if (known?.error) fail(known.error);
    if (waits) setTimeout(poll, 1000); else if (known.ready && post.value.trim()) later(0);
  }

  // The bookmarklet, made for the address that this page has.
  fetch('/partner/bookmarklet.js').then((answer) => answer.text()).then((code) => {
    $('bookmarklet').href = 'javascript:' + encodeURIComponent(code.replace('http://127.0.0.1:7860', location.origin));
  }).catch(() => $('bookmarklet').closest('p').remove());
  $('bookmarklet').addEventListener('click', (event) => { event.preventDefault(); say('Drag this link to your bookmarks bar; it works on other sites.'); });

  fromAddress();
  feedback.show();
  if (feedback.on) see();
  show();
  poll();
  root.dataset.ready = 'yes';
}
