import type { FeedEvent } from '../../../console/src/live/feed.js';
import { LimitAlerts } from '../../../console/src/live/limit-alerts.js';
import { later, NOON } from '../../support/builders.js';

describe('alerts to exceeded limits', () => {
  let items: Map<string, string>;
  let sounds: number;
  let notifications: string[];
  let isAudible: boolean;
  let isPermitted: boolean;
  let now: Date;
  let latest: number;

  beforeEach(() => {
    items = new Map();
    sounds = 0;
    notifications = [];
    isAudible = isPermitted = true;
    now = NOON;
    latest = 0;
  });

  const aTab = () =>
    new LimitAlerts({
      storage: {
        getItem: (name) => items.get(name) ?? null,
        setItem: (name, value) => items.set(name, value),
      },
      now: () => now,
      playSound: () => {
        if (isAudible) sounds++;
        return isAudible;
      },
      notify: ({ title }) => notifications.push(title),
      requestPermission: async () => isPermitted,
      describe: (events) => ({ title: events.map(({ incident_id: id }) => id).join(), body: '' }),
    });
  const anEvent = (id: number, others: Partial<FeedEvent> = {}) =>
    ({
      position: `1.${++latest}`,
      incident_id: id,
      seq: 2,
      type: 'reminded',
      purpose: 'take',
      at: now.toISOString(),
      status: 'NEW',
      ...others,
    }) as FeedEvent;

  /** A tab in which both are on. */
  const anAlertingTab = async () => {
    const tab = aTab();
    tab.setSound(true);
    await tab.setNotification(true);
    sounds = 0;
    return tab;
  };

  it('are off by default', () => {
    aTab().onEvents([anEvent(1)]);
    expect([sounds, notifications]).toEqual([0, []]);
  });

  it('are a sound and a notification when the service reminds that nobody has taken an incident', async () => {
    const tab = await anAlertingTab();
    tab.onEvents([anEvent(1), anEvent(2, { type: 'escalated' }), anEvent(3, { type: 'reported' })]);
    expect([sounds, notifications]).toEqual([1, ['1,2']]);
  });

  it('do not concern incidents in progress, nor those that somebody has taken since', async () => {
    const tab = await anAlertingTab();
    tab.onEvents([anEvent(1, { purpose: 'progress' })]);
    tab.onEvents([
      anEvent(2),
      anEvent(2, { seq: 3, type: 'status_changed', status: 'IN_PROGRESS', assignee: 'Anna' }),
    ]);
    expect([sounds, notifications]).toEqual([0, []]);
    tab.onEvents([anEvent(2), anEvent(2, { seq: 3, type: 'description_appended' })]);
    expect(notifications).toEqual(['2']);
  });

  it('do not tell in the morning what happened at night', async () => {
    const tab = await anAlertingTab();
    const event = anEvent(1);
    now = later(300_001);
    tab.onEvents([event]);
    expect([sounds, notifications]).toEqual([0, []]);
  });

  it('come from one tab', async () => {
    const tabs = [await anAlertingTab(), aTab(), aTab()];
    const events = [anEvent(1)];
    for (const tab of tabs) tab.onEvents(events);
    expect([sounds, notifications]).toEqual([1, ['1']]);
  });

  it('come from a tab that the browser allows to be heard', () => {
    const [silent, audible] = [aTab(), aTab()];
    silent.setSound(true);
    audible.changedElsewhere(items.get('incidents.alerts')!);
    sounds = 0;
    const events = [anEvent(1)];
    isAudible = false;
    silent.onEvents(events);
    isAudible = true;
    audible.onEvents(events);
    expect(sounds).toBe(1);
  });

  it('are remembered by the browser, and switched in all tabs', async () => {
    const other = aTab();
    await anAlertingTab();
    expect(aTab().settings.value).toEqual({ hasSound: true, hasNotification: true });
    other.changedElsewhere(items.get('incidents.alerts')!);
    expect(other.settings.value).toEqual({ hasSound: true, hasNotification: true });
    other.setSound(false);
    expect(aTab().settings.value).toEqual({ hasSound: false, hasNotification: true });
    for (const broken of ['{', 'null', '{"hasSound":"yes"}']) {
      other.changedElsewhere(broken);
      expect(other.settings.value).toEqual({ hasSound: false, hasNotification: false });
    }
  });

  it('are no notification if the person or the browser does not permit it', async () => {
    isPermitted = false;
    const tab = aTab();
    expect(await tab.setNotification(true)).toBe(false);
    tab.onEvents([anEvent(1)]);
    expect(notifications).toEqual([]);
  });

  it('let the person hear the sound when it is switched on', () => {
    aTab().setSound(true);
    expect(sounds).toBe(1);
  });
});
