import { messageUrl, partsOf } from '../../../console/src/incident/links.js';

describe('links in a text', () => {
  const linksIn = (text: string) => partsOf(text).flatMap(({ href }) => href ?? []);

  it.each([
    ['see https://a.example/x?y=1#z.', ['https://a.example/x?y=1#z']],
    ['(http://a.example), https://b.example!', ['http://a.example', 'https://b.example']],
    ['https://a.example/Riga_(city)', ['https://a.example/Riga_(city)']],
    ['«https://a.example/путь»', ['https://a.example/путь']],
    ['javascript:alert(1) data:text/html,x ftp://a.example', []],
    ['https://', []],
    ['#42 and a.example', []],
  ])('%s', (text, links) => {
    expect(linksIn(text)).toEqual(links);
    expect(
      partsOf(text)
        .map((part) => part.text)
        .join(''),
    ).toBe(text);
  });
});

describe('the link to a chat message', () => {
  it.each([
    ['tg:-1001234567890:42', 'https://t.me/c/1234567890/42'],
    ['tg:777:42', undefined],
    ['tg:-1001234567890:42/../x', undefined],
    ['javascript:alert(1)', undefined],
    [null, undefined],
  ])('of %s is %s', (origin, url) => {
    expect(messageUrl(origin)).toBe(url);
  });
});
