import { ApiProblem, NetworkError } from '../../../console/src/api/problems.js';
import { type Attempt, Drafts } from '../../../console/src/drafts/drafts.js';
import { resendDraft, sendDraft } from '../../../console/src/drafts/send-draft.js';
import { BrowserStorage } from './browser-storage.js';

const PLACE = 'append:42';

describe('drafts', () => {
  let browser: BrowserStorage;
  let nowMs: number;
  let keys: number;

  beforeEach(() => {
    browser = new BrowserStorage();
    nowMs = 1_000_000;
    keys = 0;
  });

  /** A tab, or the same one after a reload. */
  const open = (holder = 'anna') => {
    const storage = browser.open();
    const drafts = new Drafts({
      holder: () => holder,
      storage,
      now: () => nowMs,
      newKey: () => `key-${++keys}`,
    });
    browser.connect(storage, drafts);
    return drafts;
  };
  const type = (drafts: Drafts, text: string, place = PLACE) => (drafts.textOf(place).value = text);
  const textIn = (drafts: Drafts, place = PLACE) => drafts.textOf(place).value;
  const pass = (ms: number) => (nowMs += ms);

  it('survive a reload, with the same idempotency key', () => {
    const before = open();
    type(before, 'the brake is');
    type(before, 'the brake is broken');
    const key = before.idempotencyKeyOf(PLACE);
    const after = open();
    expect(textIn(after)).toBe('the brake is broken');
    expect(after.idempotencyKeyOf(PLACE)).toBe(key);
  });

  it('belong to a key holder and a place', () => {
    type(open('anna'), 'from Anna');
    expect(textIn(open('boris'))).toBe('');
    expect(textIn(open('anna'), 'append:4')).toBe('');
    expect(textIn(open('anna:append'), '42')).toBe('');
    expect(textIn(open('anna'))).toBe('from Anna');
  });

  it('leave nothing behind when they are discarded or cleared, and have another key then', () => {
    const drafts = open();
    type(drafts, 'a');
    const key = drafts.idempotencyKeyOf(PLACE);
    drafts.discard(PLACE);
    expect(textIn(drafts)).toBe('');
    expect(drafts.idempotencyKeyOf(PLACE)).not.toBe(key);
    type(drafts, 'b');
    type(drafts, '');
    expect(browser.items.size).toBe(0);
  });

  it('are unaffected by what else is in the storage', () => {
    browser.items.set('theme', 'dark');
    browser.items.set('incidents.draft:anna:append:42', 'null');
    browser.items.set('incidents.draft:anna:append:43', '{"text":');
    const drafts = open();
    expect([textIn(drafts), textIn(drafts, 'append:43')]).toEqual(['', '']);
    type(drafts, 'a');
    expect(textIn(open())).toBe('a');
    expect(browser.items.get('theme')).toBe('dark');
  });

  describe('in two tabs', () => {
    it('show the newest text', () => {
      const [one, other] = [open(), open()];
      expect(textIn(other)).toBe('');
      type(one, 'a');
      pass(5_000);
      type(one, 'ab');
      expect(textIn(other)).toBe('ab');
      pass(5_000);
      type(other, 'abc');
      expect(textIn(one)).toBe('abc');
    });

    it('do not lose a character of the one that is being typed', () => {
      const [one, other] = [open(), open()];
      textIn(other);
      type(one, 'a');
      pass(10_000);
      type(other, 'b');
      pass(100);
      type(one, 'from one');
      expect(textIn(other)).toBe('b');
      type(other, 'b of other');
      expect([textIn(one), textIn(other)]).toEqual(['from one', 'b of other']);
      expect(textIn(open())).toBe('b of other');
    });

    it('share the idempotency key, so that sending both takes effect once', () => {
      const [one, other] = [open(), open()];
      textIn(other);
      type(one, 'a');
      pass(5_000);
      expect(other.idempotencyKeyOf(PLACE)).toBe(one.idempotencyKeyOf(PLACE));
      const attempt = one.begin(PLACE, { description_append: 'a' });
      expect(other.begin(PLACE, { description_append: 'a' })).toEqual(attempt);
    });

    it('are cleared in all when one was sent, unless somebody types into another', () => {
      const [one, other, third] = [open(), open(), open()];
      type(one, 'a');
      pass(5_000);
      expect([textIn(other), textIn(third)]).toEqual(['a', 'a']);
      one.discard(PLACE);
      expect([textIn(one), textIn(other), textIn(third)]).toEqual(['', '', '']);
      type(one, 'b');
      pass(5_000);
      type(third, 'b and more');
      one.discard(PLACE, 'b');
      for (const tab of [one, other, third, open()]) expect(textIn(tab)).toBe('b and more');
      pass(1_000);
      one.discard(PLACE);
      for (const tab of [one, other, third, open()]) expect(textIn(tab)).toBe('b and more');
    });

    it('are read again when the page is back from where the browser stored it', () => {
      const [one, other] = [open(), open()];
      type(one, 'a');
      pass(5_000);
      textIn(other);
      other.changedElsewhere = () => undefined;
      type(one, 'ab');
      expect(textIn(other)).toBe('a');
      other.refresh();
      expect(textIn(other)).toBe('ab');
    });
  });

  describe('that are many or long', () => {
    it('drop the oldest beyond 50, and say so', () => {
      const drafts = open();
      for (let n = 1; n <= 50; n++) {
        type(drafts, `text ${n}`, `append:${n}`);
        pass(1);
      }
      expect(drafts.warning.value).toBeUndefined();
      type(drafts, 'text 1, edited', 'append:1');
      type(drafts, 'text 51', 'append:51');
      expect(drafts.warning.value).toBe('dropped');
      const reloaded = open();
      expect(
        ['append:1', 'append:2', 'append:3', 'append:51'].map((place) => textIn(reloaded, place)),
      ).toEqual(['text 1, edited', '', 'text 3', 'text 51']);
    });

    it('drop the oldest when the storage is full, and say so if one cannot be stored at all', () => {
      browser.quota = 1_000;
      const drafts = open();
      type(drafts, 'x'.repeat(300), 'append:1');
      pass(1);
      type(drafts, 'y'.repeat(300), 'append:2');
      pass(1);
      type(drafts, 'z'.repeat(600), 'append:3');
      expect(drafts.warning.value).toBe('dropped');
      expect([textIn(open(), 'append:1'), textIn(open(), 'append:3').length]).toEqual(['', 600]);
      type(drafts, 'z'.repeat(2_000), 'append:3');
      expect(drafts.warning.value).toBe('not-stored');
      expect(textIn(drafts, 'append:3')).toHaveLength(2_000);
      type(drafts, 'z', 'append:3');
      expect(drafts.warning.value).toBeUndefined();
    });

    it('are not stored, but kept in the page, if they are longer than a description or the browser has no storage', () => {
      const drafts = open();
      type(drafts, 'short', 'append:1');
      type(drafts, 'x'.repeat(100_001));
      expect(drafts.warning.value).toBe('not-stored');
      expect(textIn(open(), 'append:1')).toBe('short');
      pass(10_000);
      type(drafts, 'short', PLACE);
      pass(10_000);
      type(drafts, 'y'.repeat(100_001));
      pass(10_000);
      // The storage has an older text: it replaces none that is not stored.
      drafts.refresh();
      expect(textIn(drafts)).toHaveLength(100_001);
      const without = new Drafts({
        holder: () => 'anna',
        storage: undefined,
        now: () => nowMs,
        newKey: () => 'key',
      });
      type(without, 'a');
      expect(without.warning.value).toBe('not-stored');
      expect(textIn(without)).toBe('a');
    });

    it('do not fill the memory with the places where nothing was typed', () => {
      const drafts = open();
      type(drafts, 'typed');
      const [text, shown] = [drafts.textOf(PLACE), drafts.textOf('report')];
      for (let n = 0; n < 5_000; n++) {
        textIn(drafts, `append:${1_000 + n}`);
        // One that is on the page all the time.
        expect(drafts.textOf('report')).toBe(shown);
      }
      expect((drafts as any).drafts.size).toBeLessThanOrEqual(201);
      expect(drafts.textOf(PLACE)).toBe(text);
    });
  });

  describe('that are sent', () => {
    const json = { description_append: 'a' };
    const refusal = new ApiProblem(409, { code: 'incident.closed' });
    const unavailable = new ApiProblem(503, { code: 'store.unavailable' });
    const signedOut = new ApiProblem(401, { code: 'request.unauthorized' });
    let sent: Attempt[];
    beforeEach(() => (sent = []));

    const answering = (answer: unknown) => async (attempt: Attempt) => {
      sent.push(attempt);
      if (answer instanceof Error) throw answer;
      return answer;
    };

    it('are discarded once the service has confirmed them', async () => {
      const drafts = open();
      type(drafts, 'a');
      const key = drafts.idempotencyKeyOf(PLACE);
      expect(await sendDraft(drafts, PLACE, json, answering(1))).toEqual({ isEarlier: false, result: 1 });
      expect(sent).toEqual([{ key, json, text: 'a' }]);
      expect([textIn(drafts), textIn(open()), browser.items.size]).toEqual(['', '', 0]);
    });

    it('keep what somebody has typed since', async () => {
      const drafts = open();
      type(drafts, 'a');
      await sendDraft(drafts, PLACE, json, async () => type(drafts, 'a and b'));
      expect(textIn(open())).toBe('a and b');
      expect(drafts.attemptOf(PLACE)).toBeUndefined();
      await sendDraft(drafts, PLACE, { description_append: 'a and b' }, answering(1));
      expect(sent[0]!.key).not.toBe('key-1');
    });

    it.each([
      ['no answer arrived', new NetworkError()],
      ['the service was unavailable', unavailable],
      ['the session had ended', signedOut],
    ])('are sent again with the same key if %s, also after a reload', async (_why, failure) => {
      const drafts = open();
      type(drafts, 'a');
      await expect(sendDraft(drafts, PLACE, json, answering(failure))).rejects.toBe(failure);
      expect(textIn(drafts)).toBe('a');
      pass(5_000);
      const reloaded = open();
      expect(reloaded.unanswered()).toEqual([PLACE]);
      expect(await resendDraft(reloaded, PLACE, answering(2))).toBe(2);
      expect(sent[1]).toEqual(sent[0]);
      expect([textIn(reloaded), reloaded.unanswered()]).toEqual(['', []]);
      expect(await resendDraft(reloaded, PLACE, answering(3))).toBeUndefined();
    });

    it('are sent under another key after the service has refused them', async () => {
      const drafts = open();
      type(drafts, 'a');
      await expect(sendDraft(drafts, PLACE, json, answering(refusal))).rejects.toBe(refusal);
      expect([textIn(drafts), drafts.attemptOf(PLACE)]).toEqual(['a', undefined]);
      await sendDraft(drafts, PLACE, json, answering(1));
      expect(sent[1]!.key).not.toBe(sent[0]!.key);
    });

    it('tell the outcome of an earlier text first, and keep the one that was edited since', async () => {
      const drafts = open();
      type(drafts, 'a');
      await expect(sendDraft(drafts, PLACE, json, answering(new NetworkError()))).rejects.toThrow(
        'no answer',
      );
      type(drafts, 'ab');
      const edited = { description_append: 'ab' };
      expect(await sendDraft(drafts, PLACE, edited, answering(1))).toEqual({ isEarlier: true, result: 1 });
      expect(sent[1]).toEqual(sent[0]);
      expect(textIn(drafts)).toBe('ab');
      expect(await sendDraft(drafts, PLACE, edited, answering(2))).toEqual({ isEarlier: false, result: 2 });
      expect(sent[2]).toMatchObject({ json: edited });
      expect(sent[2]!.key).not.toBe(sent[0]!.key);
    });

    it('send the edited text if the earlier one was refused', async () => {
      const drafts = open();
      type(drafts, 'a');
      await expect(sendDraft(drafts, PLACE, json, answering(unavailable))).rejects.toBe(unavailable);
      type(drafts, 'ab');
      const edited = { description_append: 'ab' };
      const send = async (attempt: Attempt) => answering(attempt.text === 'a' ? refusal : 1)(attempt);
      expect(await sendDraft(drafts, PLACE, edited, send)).toEqual({ isEarlier: false, result: 1 });
      expect(sent.map(({ text }) => text)).toEqual(['a', 'a', 'ab']);
    });

    it('are not sent again after a day, when the service may have forgotten the key', async () => {
      const drafts = open();
      type(drafts, 'a');
      await expect(sendDraft(drafts, PLACE, json, answering(new NetworkError()))).rejects.toThrow(
        'no answer',
      );
      pass(86_400_000);
      const reloaded = open();
      expect(reloaded.unanswered()).toEqual([]);
      expect(textIn(reloaded)).toBe('a');
    });
  });
});
