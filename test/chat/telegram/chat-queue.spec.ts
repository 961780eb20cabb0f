import fc from 'fast-check';
import { ChatQueue, combinedText } from '../../../src/chat/telegram/replies/chat-queue.js';
import { QueuedMessage } from '../../../src/chat/telegram/replies/queued-message.js';

const message = (name: string, line?: string, threadId?: number, isPersistent = false) =>
  new QueuedMessage(
    { text: name, ...(line !== undefined && { line }) },
    { name, threadId, isPersistent, send: async () => true },
  );
const namesOf = (batch: readonly QueuedMessage[]) => batch.map(({ details }) => details.name).join(' ');

/** What the queue sends, batch by batch, where so many may be sent each time. */
function drain(queue: ChatQueue, allowed: number): string[] {
  const batches: string[] = [];
  while (queue.size > 0) batches.push(namesOf(queue.take(allowed)));
  return batches;
}

function queueOf(...messages: readonly QueuedMessage[]): ChatQueue {
  const queue = new ChatQueue();
  for (const each of messages) queue.add(each);
  return queue;
}

describe('the messages that wait in a chat', () => {
  it('are sent one by one, in order, if all may be sent', () => {
    expect(drain(queueOf(message('a', '#1'), message('b'), message('c', '#3')), 3)).toEqual(['a', 'b', 'c']);
  });

  it('are combined by their lines if more wait than may be sent', () => {
    const queue = queueOf(message('a', '#1'), message('b', '#2'), message('c', '#3'));
    const batch = queue.take(2);
    expect(namesOf(batch)).toBe('a b c');
    expect(combinedText(batch)).toBe('#1\n#2\n#3');
  });

  it('take turns if some of them cannot be combined, so that neither delay the other', () => {
    const queue = queueOf(
      ...Array.from({ length: 4 }, (_, n) => message(`alone${n}`)),
      ...Array.from({ length: 3 }, (_, n) => message(`line${n}`, `#${n}`)),
    );
    expect(drain(queue, 1)).toEqual(['line0 line1 line2', 'alone0', 'alone1', 'alone2', 'alone3']);
    const mixed = queueOf(message('x'), message('a', '#1'), message('y'), message('b', '#2'));
    expect(namesOf(mixed.take(1))).toBe('a b');
    mixed.add(message('c', '#3'));
    expect(drain(mixed, 1)).toEqual(['x', 'c', 'y']);
  });

  it('take turns with what is sent until it arrives, which comes first, so that no number of edits delays it', () => {
    const edits = Array.from({ length: 3 }, (_, n) => message(`edit${n}`));
    const notices = ['notice0', 'notice1'].map((name) => message(name, undefined, undefined, true));
    const queue = queueOf(...edits, ...notices, message('reply', '#1'));
    expect(drain(queue, 1)).toEqual(['notice0', 'reply', 'edit0', 'notice1', 'edit1', 'edit2']);
  });

  it('are combined within a topic of a forum only', () => {
    const queue = queueOf(message('a', '#1', 5), message('b', '#2', 6), message('c', '#3', 5));
    expect(drain(queue, 1)).toEqual(['a c', 'b']);
  });

  it('are combined up to the length of a message', () => {
    const [a, b] = [message('a', 'x'.repeat(2_000)), message('b', 'y'.repeat(2_095))];
    expect(combinedText([a, b])).toHaveLength(4_096);
    expect(drain(queueOf(a, b), 1)).toEqual(['a b']);
    const longer = message('c', 'y'.repeat(2_096));
    expect(drain(queueOf(a, longer, b), 1)).toEqual(['a', 'c', 'b']);
  });

  it('are sent first if they were put back, and may then be combined', () => {
    const queue = queueOf(message('a', '#1'));
    const batch = queue.take(1);
    queue.add(message('b', '#2'));
    expect(batch[0]!.isWaiting).toBe(false);
    queue.putBack(batch);
    expect(batch[0]!.isWaiting).toBe(true);
    expect(drain(queue, 1)).toEqual(['a b']);
  });

  it('are each sent once, those with lines and the others in order, in texts of up to 4,096 UTF-16 units', () => {
    const line = fc.option(fc.string({ unit: 'grapheme', minLength: 1, maxLength: 4_096 }), {
      nil: undefined,
    });
    fc.assert(
      fc.property(fc.array(line), fc.integer({ min: 1, max: 20 }), (lines, allowed) => {
        const messages = lines.map((each, n) => message(String(n), each));
        const queue = queueOf(...messages);
        const sent: QueuedMessage[] = [];
        while (queue.size > 0) {
          const batch = queue.take(allowed);
          if (batch.length > 1) expect(combinedText(batch).length).toBeLessThanOrEqual(4_096);
          sent.push(...batch);
        }
        for (const hasLine of [true, false]) {
          const ofKind = ({ content }: QueuedMessage) => (content.line !== undefined) === hasLine;
          expect(sent.filter(ofKind)).toEqual(messages.filter(ofKind));
        }
      }),
    );
  });
});
