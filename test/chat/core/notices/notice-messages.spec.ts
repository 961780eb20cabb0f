import type { ChatEvent } from '../../../../src/chat/core/api/chat-feed.js';
import { incidentIdIn } from '../../../../src/chat/core/messages/incident-text.js';
import { escalationsElsewhere, noticeMessages } from '../../../../src/chat/core/notices/notice-messages.js';
import type { Notice, NoticeKind } from '../../../../src/chat/core/notices/notices.js';
import { LANGUAGES, TRANSLATIONS } from '../../../../src/chat/core/translations/languages.js';
import { anApiIncident } from '../../../support/api-incident.js';

const KINDS: readonly NoticeKind[] = [
  'taken',
  'released',
  'resolved',
  'reopened',
  'closed',
  'duplicate',
  'original_resolved',
  'original_reopened',
  'reminder',
  'escalation',
  'question',
];

const isDuplicate = (kind: NoticeKind) => kind === 'duplicate' || kind.startsWith('original_');

function aNotice(kind: NoticeKind, id = 42): Notice {
  const incident = anApiIncident({
    id,
    description: `Scooter ${id} does not start`,
    status: 'IN_PROGRESS',
    allowed_statuses: ['RESOLVED'],
    assignee: 'telegram:8 Boris',
    duplicate_of: isDuplicate(kind) ? 17 : null,
    origin: `tg:-1:${id}`,
  });
  const event = { position: `1.${id}`, incident_id: 17, actor: 'telegram:7 Anna' } as ChatEvent;
  return { kind, event, incident };
}

const many = (kind: NoticeKind, count: number, first = 1) =>
  Array.from({ length: count }, (_, index) => aNotice(kind, first + index));

describe.each(LANGUAGES)('a message about incidents in %s', (language) => {
  const translations = TRANSLATIONS[language];
  const messages = (notices: readonly Notice[], onDuty?: string) =>
    noticeMessages(notices, { translations, onDuty });

  it.each(KINDS)('replies to the report, and names the incident: %s', (kind) => {
    const [message, ...others] = messages([aNotice(kind)]);
    expect(others).toEqual([]);
    expect(message).toMatchObject({ origin: 'tg:-1:42', upTo: { position: '1.42' } });
    expect(incidentIdIn(message!.text)).toBe(42);
    expect(message!.text).not.toMatch(/telegram:|undefined/);
    expect(message!.text.split('\n')).toHaveLength(isDuplicate(kind) ? 3 : 2);
  });

  it('mentions who is on duty in an escalation alone', () => {
    expect(messages([aNotice('escalation')], '@anna')[0]!.text).toContain('@anna');
    expect(messages([aNotice('reminder')], '@anna')[0]!.text).not.toContain('@anna');
  });

  it('asks whether somebody still works on it, with an answer for each case', () => {
    const data = messages([aNotice('question')])[0]!.buttons!.map((button) => button.data);
    expect(data).toEqual(['working:42', 'resolve:42', 'release:42']);
  });

  it('has a line for each of many notices, and refers to none of them', () => {
    const notices = [...many('resolved', 2), ...many('taken', 2, 3)];
    const [message, ...others] = messages(notices);
    expect(others).toEqual([]);
    expect(message!.text.split('\n').map((line) => line.split(' ', 1)[0])).toEqual(['#1', '#2', '#3', '#4']);
    expect(incidentIdIn(message!.text)).toBeUndefined();
    expect(message).toMatchObject({ upTo: { position: '1.4' } });
    expect(message!.origin).toBeUndefined();
  });

  it('lists some of many reminders, and counts the others', () => {
    const all = messages([...many('reminder', 499), aNotice('escalation', 500)], '@anna');
    expect(all).toHaveLength(1);
    const lines = all[0]!.text.split('\n');
    expect(lines).toHaveLength(22);
    expect(lines.at(-2)).toContain('480');
    expect(lines.at(-1)).toBe('@anna');
    expect(all[0]!.upTo.position).toBe('1.500');
  });

  it('is one of several where the lines do not fit into one, each up to its last line', () => {
    const all = messages(many('closed', 200));
    expect(all.length).toBeGreaterThan(1);
    expect(all.length).toBeLessThan(8);
    const ids = all.flatMap(({ text }) => text.split('\n').map((line) => Number(/^#(\d+) /.exec(line)![1])));
    expect(ids).toEqual(Array.from({ length: 200 }, (_, index) => index + 1));
    for (const { text, upTo } of all) {
      expect(text.length).toBeLessThanOrEqual(4_096);
      expect(upTo.position).toBe(`1.${/#(\d+) [^\n]*$/.exec(text)![1]}`);
    }
  });

  it('has the description where it is for another chat', () => {
    const [message] = escalationsElsewhere([aNotice('escalation')], { translations });
    expect(incidentIdIn(message!.text)).toBe(42);
    expect(message!.text).toContain('\n\nScooter 42 does not start');
    expect(escalationsElsewhere(many('escalation', 500), { translations })).toHaveLength(1);
  });
});
