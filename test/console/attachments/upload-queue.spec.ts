import { ApiClient, type Send } from '../../../console/src/api/api-client.js';
import { UploadQueue, type UploadState } from '../../../console/src/attachments/upload-queue.js';
import { until } from '../../support/until.js';

const attached = () => Response.json([{ number: 1 }], { status: 201 });
const problem = (status: number, code: string) => () =>
  Response.json(
    { status, code, detail: `${code}.` },
    { status, headers: { 'Content-Type': 'application/problem+json' } },
  );
const lost = () => {
  throw new TypeError('Failed to fetch');
};

const aFile = (name: string) => new File(['bytes'], name);

/** A file that no browser can read any more. */
const anUnreadableFile = () =>
  ({
    name: 'folder',
    size: 4_096,
    slice: () => ({ arrayBuffer: () => Promise.reject(new DOMException('gone', 'NotFoundError')) }),
  }) as unknown as File;

describe('the queue of uploads', () => {
  let answers: (() => Response | Promise<Response>)[];
  let requests: {
    readonly url: string;
    readonly key: string;
    readonly names: readonly string[];
    readonly signal: AbortSignal;
    readonly onProgress: (fraction: number | undefined) => void;
  }[];
  let onAttached: number[];
  let queue: UploadQueue;

  const send: Send = async (url, { headers, body, signal, onProgress }) => {
    requests.push({
      url,
      key: headers['Idempotency-Key']!,
      names: (body as FormData).getAll('file').map((file) => (file as File).name),
      signal: signal!,
      onProgress: onProgress!,
    });
    signal!.throwIfAborted();
    return (answers.shift() ?? attached)();
  };

  beforeEach(() => {
    answers = [];
    requests = [];
    onAttached = [];
    let keys = 0;
    queue = new UploadQueue(new ApiClient(send), {
      newKey: () => `key-${++keys}`,
      onAttached: (incident) => onAttached.push(incident),
    });
  });

  const states = (incident = 42): readonly UploadState[] =>
    queue.of(incident).map(({ state }) => state.peek());
  const failure = () => {
    const [state] = states();
    return state?.state === 'failed' ? state.error : undefined;
  };
  const untilFailed = () => until(() => failure() !== undefined);
  const untilEmpty = () => until(() => queue.of(42).length === 0);

  it('attaches files one after the other, in their order, each under a key of its own', async () => {
    const first = Promise.withResolvers<Response>();
    answers = [() => first.promise];
    queue.add(42, [aFile('a.png'), aFile('b.png')]);
    await until(() => requests.length === 1);
    expect(states()).toEqual([{ state: 'sending', fraction: 0 }, { state: 'waiting' }]);
    expect(queue.hasUnsent.value).toBe(true);
    first.resolve(attached());
    await untilEmpty();
    expect(requests.map(({ url, key, names }) => [url, key, ...names])).toEqual([
      ['/api/v1/incidents/42/attachments', 'key-1', 'a.png'],
      ['/api/v1/incidents/42/attachments', 'key-2', 'b.png'],
    ]);
    expect(onAttached).toEqual([42, 42]);
    expect(queue.hasUnsent.value).toBe(false);
  });

  it('shows how much is sent, and that the network is lost', async () => {
    const answer = Promise.withResolvers<Response>();
    answers = [() => answer.promise];
    queue.add(42, [aFile('a.png')]);
    await until(() => requests.length === 1);
    requests[0]!.onProgress(0.5);
    expect(states()).toEqual([{ state: 'sending', fraction: 0.5 }]);
    requests[0]!.onProgress(undefined);
    expect(states()).toEqual([{ state: 'sending', fraction: undefined }]);
    answer.resolve(attached());
    await untilEmpty();
  });

  it.each([
    ['no answer arrives', lost],
    ['the service is unavailable', problem(503, 'store.unavailable')],
    ['the session has ended', problem(401, 'request.unauthorized')],
  ])('sends a file again under the same key after %s', async (_why, answer) => {
    answers = [answer];
    queue.add(42, [aFile('a.png')]);
    await untilFailed();
    expect(queue.hasUnsent.value).toBe(true);
    queue.retry(queue.of(42)[0]!.id);
    await untilEmpty();
    expect(requests.map(({ key }) => key)).toEqual(['key-1', 'key-1']);
  });

  it.each([
    [413, 'attachment.file-too-large'],
    [415, 'attachment.unreadable-image'],
    [409, 'attachment.limit-reached'],
  ])('sends a file again under another key after it was refused: %i %s', async (status, code) => {
    answers = [problem(status, code)];
    queue.add(42, [aFile('a.png')]);
    await untilFailed();
    expect(failure()).toMatchObject({ status, code });
    expect(queue.hasUnsent.value).toBe(false);
    queue.retry(queue.of(42)[0]!.id);
    await untilEmpty();
    expect(requests.map(({ key }) => key)).toEqual(['key-1', 'key-2']);
  });

  it('goes on after a file that is refused', async () => {
    answers = [problem(415, 'attachment.unreadable-image')];
    queue.add(42, [aFile('bad.png'), aFile('good.png')]);
    await until(() => onAttached.length === 1);
    expect(queue.of(42).map(({ file }) => file.name)).toEqual(['bad.png']);
  });

  it('does not send what the service would refuse, nor what cannot be read', async () => {
    queue.add(42, [{ name: 'film.mov', size: 20 * 1024 * 1024 + 1 } as File, anUnreadableFile()]);
    await until(() => states().every(({ state }) => state === 'failed'));
    expect(states()).toMatchObject([
      { error: { code: 'attachment.file-too-large' } },
      { error: { code: 'file.unreadable' } },
    ]);
    expect(requests).toEqual([]);
  });

  it('ends the request of a file that is cancelled, and goes on with the next', async () => {
    answers = [
      () =>
        new Promise<Response>((_, reject) =>
          requests[0]!.signal.addEventListener('abort', () => reject(requests[0]!.signal.reason as Error)),
        ),
    ];
    queue.add(42, [aFile('a.png'), aFile('b.png')]);
    await until(() => requests.length === 1);
    queue.cancel(queue.of(42)[0]!.id);
    await untilEmpty();
    expect(requests.map(({ names }) => names)).toEqual([['a.png'], ['b.png']]);
    expect(onAttached).toEqual([42]);
  });

  it('forgets a file that waits and is cancelled', async () => {
    const answer = Promise.withResolvers<Response>();
    answers = [() => answer.promise];
    queue.add(42, [aFile('a.png'), aFile('b.png')]);
    queue.cancel(queue.of(42)[1]!.id);
    answer.resolve(attached());
    await untilEmpty();
    expect(requests.flatMap(({ names }) => names)).toEqual(['a.png']);
  });

  it('sends the files of several incidents, each to its own', async () => {
    queue.add(42, [aFile('a.png')]);
    queue.add(43, [aFile('b.png')]);
    await until(() => onAttached.length === 2);
    expect(onAttached).toEqual([42, 43]);
  });

  it('takes at most 100 files', async () => {
    const files = Array.from({ length: 101 }, (_, n) => aFile(`${n}.png`));
    expect(() => queue.add(42, files)).toThrow(expect.objectContaining({ code: 'file.too-many-uploads' }));
    expect(queue.of(42)).toEqual([]);
    queue.add(42, files.slice(1));
    await untilEmpty();
    expect(requests).toHaveLength(100);
  });
});
