import { fileNameOf, MAX_FILE_NAME_BYTES } from '../../../src/domain/attachments/file-name.js';

describe('the name of a file', () => {
  it.each([
    ['касса.jpg', 'касса.jpg'],
    ['../../etc/passwd', 'passwd'],
    ['C:\\Users\\anna\\фото.png', 'фото.png'],
    ['..', 'file'],
    ['.', 'file'],
    ['.htaccess', 'htaccess'],
    ['', 'file'],
    [undefined, 'file'],
    ['a\r\nSet-Cookie: b=c.txt', 'a Set-Cookie: b=c.txt'],
    ['annual\u202Egpj.exe', 'annual gpj.exe'],
    ['a\u200Bb\0c.txt', 'a b c.txt'],
    ['trailing. . ', 'trailing'],
    ['\ud800.txt', '\uFFFD.txt'],
    // As macOS sends it.
    ['и\u0306.txt', 'й.txt'],
  ])('of %j is %j', (given, expected) => {
    expect(fileNameOf(given)).toBe(expected);
  });

  it('is short enough for a file system, and keeps its extension', () => {
    const name = fileNameOf(`${'я'.repeat(300)}.jpeg`);
    expect(Buffer.byteLength(name)).toBeLessThanOrEqual(MAX_FILE_NAME_BYTES);
    expect(name).toMatch(/^я{120,}\.jpeg$/);
  });
});
