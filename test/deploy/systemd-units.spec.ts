import { globSync, readFileSync } from 'node:fs';

/** Replaces what a unit sets: systemd reads it after the unit, and the last value counts. */
const DROP_IN = 'deploy/machines/systemd/incidents-.service.d/hardening.conf';

const settingsIn = (file: string) =>
  Array.from(readFileSync(file, 'utf8').matchAll(/^([A-Z]\w*)=/gm), ([, name]) => name!);

describe('The settings of all systemd units should', () => {
  it.each(globSync('deploy/machines/systemd/incidents-*.service'))('replace none of %s', (unit) => {
    const shared = new Set(settingsIn(DROP_IN));
    expect(shared.size).toBeGreaterThan(20);
    expect(settingsIn(unit).filter((name) => shared.has(name))).toEqual([]);
  });
});
