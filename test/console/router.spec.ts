import { formatPlace, parseUrl, type Place, Router, START } from '../../console/src/router.js';

const placeAt = (path: string) => parseUrl(new URL(path, 'http://a.example'));

describe('URLs', () => {
  it.each<[string, Place]>([
    ['/', START],
    ['/?tab=mine', { ...START, tab: 'mine' }],
    ['/incidents/42', { page: 'list', tab: 'all', filters: {}, incident: 42 }],
    ['/incidents/42?tab=untaken', { ...START, incident: 42 }],
    [
      '/?tab=all&source=operator,partner&channel=telegram&assignee=me&urgent=true&q=a+b%26c&from=2026-11-01&to=2026-11-30',
      {
        page: 'list',
        tab: 'all',
        filters: {
          sources: ['operator', 'partner'],
          channel: 'telegram',
          assignee: 'me',
          urgent: true,
          text: 'a b&c',
          from: '2026-11-01',
          to: '2026-11-30',
        },
      },
    ],
    ['/statistics', { page: 'statistics' }],
  ])('%s stands for a place, and the place for it', (path, place) => {
    expect(placeAt(path)).toEqual(place);
    expect(formatPlace(place)).toBe(path);
  });

  it.each([
    ['/?tab=nope&source=nobody&channel=A,b&urgent=1&from=yesterday&q=', START],
    ['/incidents/0', { page: 'unknown' }],
    ['/incidents/42/', { page: 'list', tab: 'all', filters: {}, incident: 42 }],
    ['/nope', { page: 'unknown' }],
  ] as const)('%s is read as far as it makes sense', (path, place) => {
    expect(placeAt(path)).toEqual(place);
  });
});

describe('the router', () => {
  class FakeWindow {
    readonly location = { href: 'http://a.example/?tab=mine' };
    readonly entries: string[] = [];
    readonly history = {
      pushState: (_: unknown, __: string, url: string) => this.entries.push(url),
      replaceState: (_: unknown, __: string, url: string) => this.entries.splice(-1, 1, url),
    } as unknown as History;
    back!: () => void;
    addEventListener(_: 'popstate', listener: () => void): void {
      this.back = listener;
    }
  }

  it('changes the address with the place, and the place with the address', () => {
    const window = new FakeWindow();
    const router = new Router(window);
    expect(router.place.value).toEqual({ ...START, tab: 'mine' });
    router.go({ ...START, incident: 1 });
    router.go({ ...START, incident: 2 }, { replace: true });
    router.go({ ...START, incident: 2 });
    expect(window.entries).toEqual(['/incidents/2?tab=untaken']);
    window.back();
    expect(router.place.value).toEqual({ ...START, tab: 'mine' });
  });
});
