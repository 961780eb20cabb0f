import type { IncidentsApi } from '../../../src/chat/core/api/incidents-api.js';
import { DEFAULT_POLICY, type Policy, type PolicyChanges } from '../../../src/chat/core/api/policy.js';
import {
  type ChatSettingName,
  parseSetting,
  settingText,
} from '../../../src/chat/core/intents/chat-settings.js';
import { parseCommand } from '../../../src/chat/core/intents/intents.js';
import { TRANSLATIONS } from '../../../src/chat/core/translations/languages.js';

const CHAT = 'tg:-1';

describe('the command of a setting', () => {
  it.each([
    ['remind', '15m', '15m'],
    ['remind', ' 90s ', '90s'],
    ['remind', '15 min', '15m'],
    ['remind', '15 минут', '15m'],
    ['remind', '1 Час', '1h'],
    ['remind', '2 days', '2d'],
    ['quiet', '22:00-08:00 Europe/Moscow', '22:00-08:00 Europe/Moscow'],
    ['quiet', '22:00 – 8:00  Europe/Moscow', '22:00-08:00 Europe/Moscow'],
    ['quiet', '9:00-9:30 UTC', '09:00-09:30 UTC'],
    ['duty', '@anna', '@anna'],
    ['duty', 'Анна, а если её нет, @boris', 'Анна, а если её нет, @boris'],
    ['digest', '9:00 Europe/Moscow', '09:00 Europe/Moscow'],
    ['digest', '09:00 America/Argentina/Buenos_Aires', '09:00 America/Argentina/Buenos_Aires'],
  ] as const)('/%s %s asks for %s', (name, text, value) =>
    expect(parseSetting(name, text)).toEqual({ value }),
  );

  it.each(['remind', 'quiet', 'duty', 'digest'] as const)('/%s is switched off, or shown', (name) => {
    for (const text of ['off', 'OFF', ' off ', 'выкл', 'нет'])
      expect(parseSetting(name, text)).toEqual({ value: null });
    expect(parseSetting(name, ' \n')).toEqual({});
  });

  it.each([
    ['remind', '15'],
    ['remind', '0m'],
    ['remind', '10000d'],
    ['remind', 'often'],
    ['remind', '15 parsecs'],
    ['remind', '1h30m'],
    ['quiet', '22:00-08:00'],
    ['quiet', '22:00-08:00 MSK'],
    ['quiet', '22-8 Europe/Moscow'],
    ['duty', '@anna\n@boris'],
    ['duty', 'an\u202ena'],
    ['duty', 'a'.repeat(256)],
    ['digest', '09:00'],
    ['digest', '25:00 Europe/Moscow'],
    ['digest', '09:00 Europe/Nowhere'],
  ] as const)('/%s %j is answered with its usage', (name, text) =>
    expect(parseCommand(name, text)).toEqual({ kind: 'usage_error', command: name }),
  );
});

/** A policy as the API stores it. */
class FakePolicies {
  readonly changes: PolicyChanges[] = [];

  constructor(public current: Policy = DEFAULT_POLICY) {}

  async policy(chat: string): Promise<Policy> {
    expect(chat).toBe(CHAT);
    return this.current;
  }

  async changePolicy(chat: string, changes: PolicyChanges): Promise<Policy> {
    expect(chat).toBe(CHAT);
    this.changes.push(changes);
    return (this.current = { ...this.current, ...changes });
  }
}

const say = (name: ChatSettingName, text: string, policies: FakePolicies, language: 'ru' | 'en' = 'en') =>
  settingText(name, parseSetting(name, text)!, {
    api: policies as unknown as IncidentsApi,
    chat: CHAT,
    translations: TRANSLATIONS[language],
  });

describe('a setting of a chat', () => {
  it.each([
    ['remind', '15m', { take_within: '15m' }],
    ['remind', 'off', { take_within: null }],
    ['quiet', '22:00-08:00 UTC', { quiet_hours: '22:00-08:00 UTC' }],
    ['quiet', 'off', { quiet_hours: null }],
    ['duty', 'off', { on_duty: null }],
    ['digest', '09:00 UTC', { digest_at: '09:00 UTC' }],
    ['digest', 'off', { digest_at: null }],
  ] as const)('is changed alone by /%s %s', async (name, text, change) => {
    const policies = new FakePolicies();
    await say(name, text, policies);
    expect(policies.changes).toEqual([change]);
  });

  it('is shown with the command that changes it, and not changed', async () => {
    const policies = new FakePolicies();
    const text = await say('remind', '', policies);
    expect(text).toContain('every 15 minutes');
    expect(text).toContain('/remind 15m');
    expect(policies.changes).toEqual([]);
  });

  it('makes reminders call somebody after three, unless the policy says after how many', async () => {
    const policies = new FakePolicies();
    expect(await say('duty', '@anna', policies)).toContain('after 3 reminders');
    expect(policies.changes).toEqual([{ on_duty: '@anna' }, { escalate_after: 3 }]);
    const others = new FakePolicies({ ...DEFAULT_POLICY, escalate_after: 1 });
    expect(await say('duty', '@anna', others)).toContain('after 1 reminder ');
    expect(others.changes).toEqual([{ on_duty: '@anna' }]);
  });

  it('says that nobody is called while reminders are off', async () => {
    const policies = new FakePolicies({ ...DEFAULT_POLICY, take_within: null });
    expect(await say('duty', '@anna', policies)).toContain('reminders are off');
  });

  it.each([
    ['en', '1m', 'every minute.'],
    ['en', '15m', 'every 15 minutes.'],
    ['en', '2d', 'every 2 days.'],
    ['ru', '1h', 'раз в час.'],
    ['ru', '1m', 'раз в минуту.'],
    ['ru', '3m', 'раз в 3 минуты.'],
    ['ru', '15m', 'раз в 15 минут.'],
    ['ru', '21m', 'раз в 21 минуту.'],
    ['ru', '2h', 'раз в 2 часа.'],
    ['ru', '12h', 'раз в 12 часов.'],
    ['ru', '90s', 'раз в 90 секунд.'],
    ['ru', '4d', 'раз в 4 дня.'],
  ] as const)('is said as people do: in %s, %s is %s', async (language, text, expected) => {
    expect(await say('remind', text, new FakePolicies(), language)).toContain(expected);
  });

  it.each([
    ['remind', 'off', 'Об инцидентах, которые никто не взял, бот не напоминает.'],
    ['quiet', 'off', 'Тихих часов нет: бот напоминает в любое время.'],
    ['quiet', '22:00-08:00 Europe/Moscow', 'Тихие часы: 22:00-08:00 Europe/Moscow.'],
    ['duty', 'off', 'Дежурный не назначен.'],
    ['duty', '@anna', 'Дежурит @anna. Если инцидент никто не взял, бот зовёт дежурного после 3 напоминаний.'],
    ['digest', 'off', 'Ежедневной сводки нет.'],
    ['digest', '09:00 Europe/Moscow', 'Сводка приходит сюда каждый день: 09:00 Europe/Moscow.'],
  ] as const)('is said in Russian after /%s %s', async (name, text, expected) => {
    expect(await say(name, text, new FakePolicies(), 'ru')).toContain(expected);
  });
});
