// Asking the server. Whatever goes wrong becomes an Error with a sentence for the supporter.

export class Unreachable extends Error {}

async function send(path, body, signal) {
  let answer;
  try {
    answer = await fetch(path, {method: 'POST', headers: {'Content-Type': 'application/json'}, body: JSON.stringify(body), signal});
  } catch (error) {
    if (error.name === 'AbortError') throw error;
    throw new Unreachable('Partner’s program on this computer does not answer. Your text is safe here; start the program again, or try in a moment.');
  }
  if (answer.ok) return answer;
  const {detail} = await answer.json().catch(() => ({}));
  throw new Error(typeof detail === 'string' ? detail : detail?.[0]?.msg ?? `The server answered ${answer.status}.`);
}

// Suggestions as they come: calls on(event) for each line of the answer.
export async function suggest(body, on, signal) {
  const reader = (await send('/api/suggest/stream', body, signal)).body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = '', ended = false;
  const take = (line) => {
    const event = JSON.parse(line);
    ended ||= event.event === 'end' || event.event === 'error';
    on(event);
  };
  for (;;) {
    const {value, done} = await reader.read().catch((error) => {
      if (error.name === 'AbortError') throw error;
      return {done: true};
    });
    if (done) break;
    const lines = (rest + value).split('\n');
    rest = lines.pop();
    lines.forEach(take);
  }
  if (!ended) throw new Unreachable('The connection broke off before the suggestions were complete. Your text is safe here; please try again.');
}

export const settle = async (body) => (await send('/api/settle', body)).json();

export const health = async () => (await fetch('/api/health')).json();
