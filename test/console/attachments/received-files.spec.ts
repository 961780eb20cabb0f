import {
  FileProblem,
  pastedFiles,
  requireReadable,
} from '../../../console/src/attachments/received-files.js';
import { ReportFiles } from '../../../console/src/attachments/report-files.js';

const image = new File(['image'], 'image.png', { type: 'image/png' });

describe('what is pasted', () => {
  it.each([
    ['a screenshot', ['Files'], [image]],
    ['an image that was copied in a browser', ['text/html', 'Files'], [image]],
    ['a file with its name, as file managers copy it', ['text/plain', 'Files'], [image]],
    ['cells with their picture, as office programs copy them', ['text/plain', 'text/html', 'Files'], []],
    ['text', ['text/plain'], []],
  ])('is a file or a text: %s', (_what, types, expected) => {
    const files = types.includes('Files') ? [image] : [];
    expect(pastedFiles({ types, files })).toEqual(expected);
  });
});

describe('a file', () => {
  it('that can be read is no problem, even if it is empty', async () => {
    await requireReadable(image);
    await requireReadable(new File([], 'empty.txt'));
  });

  it('that fails for another reason is a fault of the page', async () => {
    const broken = {
      slice: () => ({ arrayBuffer: () => Promise.reject(new Error('broken')) }),
    } as unknown as File;
    await expect(requireReadable(broken)).rejects.toThrow('broken');
  });
});

describe('the files of a report', () => {
  it('are up to ten that are not too large; the rest is left out, with the reason', () => {
    const files = new ReportFiles();
    files.add([{ name: 'film.mov', size: 21 * 1024 * 1024 } as File, image]);
    expect(files.files.value).toEqual([image]);
    expect(files.problem.value).toEqual(new FileProblem('attachment.file-too-large'));
    files.add(Array.from({ length: 10 }, (_, n) => new File([], `${n}`)));
    expect(files.files.value).toHaveLength(10);
    expect(files.problem.value).toMatchObject({ code: 'attachment.too-many-files' });
    files.remove([image]);
    expect(files.files.value).toHaveLength(9);
    expect(files.problem.value).toBeUndefined();
  });
});
