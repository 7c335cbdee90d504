// Decisions on their way to the store. Nothing is sent, and nothing remembered, before the supporter agrees.

const KEY = 'partner.supporter';

export class Feedback {
  // show(): called whenever something the page says about feedback has changed.
  constructor(show) {
    this.show = show;
    this.supporter = localStorage.getItem(KEY);
    this.waiting = []; // decided but not yet on disk
    this.saved = 0;
    this.problem = '';
    this.session = crypto.randomUUID();
  }

  get on() { return Boolean(this.supporter); }

  async #call(path, options = {}) {
    const headers = {'Content-Type': 'application/json', 'X-Supporter': this.supporter ?? ''};
    const answer = await fetch(`/api/feedback${path}`, {...options, headers});
    if (!answer.ok) throw Object.assign(new Error(`the server answered ${answer.status}`), {status: answer.status});
    return answer;
  }

  async agree() {
    const {supporter} = await (await this.#call('/consent', {method: 'POST', body: JSON.stringify({agree: true})})).json();
    this.supporter = supporter;
    localStorage.setItem(KEY, supporter);
    this.saved = 0;
    this.show();
  }

  // A decision: sent until the server says that it is on disk.
  record(decision) {
    if (!this.on) return null;
    const record = {id: crypto.randomUUID(), session: this.session, ...decision};
    this.waiting.push(record);
    this.show();
    this.#send();
    return record.id;
  }

  async #send() {
    if (this.sending) return;
    this.sending = true;
    while (this.waiting.length && this.on) {
      const records = this.waiting.slice(0, 100);
      try {
        const {saved, count} = await (await this.#call('', {method: 'POST', body: JSON.stringify({records})})).json();
        this.waiting = this.waiting.filter((record) => !saved.includes(record.id));
        this.saved = count;
        this.problem = '';
      } catch (error) {
        if (error.status === 403) { this.#off(); break; }
        if (error.status === 422) { this.waiting = this.waiting.filter((record) => !records.includes(record)); this.problem = 'a decision could not be stored'; break; }
        this.problem = 'the server does not answer; trying again';
        this.show();
        await new Promise((done) => setTimeout(done, 1000));
      }
      this.show();
    }
    this.sending = false;
    this.show();
  }

  #off() {
    localStorage.removeItem(KEY);
    this.supporter = null;
    this.waiting = [];
    this.saved = 0;
    this.show();
  }

  async see() {
    const seen = await (await this.#call('')).json();
    this.saved = seen.count;
    if (!seen.agreed && this.on) this.#off();
    return seen;
  }

  async export() { return (await this.#call('/export')).blob(); }

  async forget() {
    const {deleted} = await (await this.#call('', {method: 'DELETE'})).json();
    this.#off();
    return deleted;
  }
}
