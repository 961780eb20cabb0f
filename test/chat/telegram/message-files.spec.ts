import type { Message } from 'grammy/types';
import { filesOf } from '../../../src/chat/telegram/content/message-files.js';

const file = (id: string, more: object = {}) => ({
  file_id: id,
  file_unique_id: `unique ${id}`,
  file_size: 5,
  ...more,
});
const size = (id: string, width: number) => file(id, { width, height: width });
const read = (parts: object) => filesOf({ message_id: 5, date: 1, ...parts } as unknown as Message);

describe('the files of a message', () => {
  it('have what Telegram says of them', () =>
    expect(read({ document: file('a', { file_name: 'log.txt' }) })).toEqual([
      { id: 'a', uniqueId: 'unique a', name: 'log.txt', size: 5 },
    ]));

  it.each<[string, object, readonly [id: string, name: string][]]>([
    [
      'a photo in its largest size',
      { photo: [size('s', 90), size('l', 1_280), size('m', 320)] },
      [['l', 'photo.jpg']],
    ],
    ['a voice message', { voice: file('a') }, [['a', 'voice.ogg']]],
    ['a video note', { video_note: file('a') }, [['a', 'video.mp4']]],
    ['audio', { audio: file('a') }, [['a', 'audio.mp3']]],
    ['a video', { video: file('a') }, [['a', 'video.mp4']]],
    ['a document without a name', { document: file('a') }, [['a', 'file']]],
    [
      'a GIF, which comes as a document too',
      { animation: file('a', { file_name: 'a.mp4' }), document: file('a', { file_name: 'a.mp4' }) },
      [['a', 'a.mp4']],
    ],
    [
      'a live photo and its video',
      { live_photo: file('v'), photo: [size('p', 10)] },
      [
        ['p', 'photo.jpg'],
        ['v', 'photo.mp4'],
      ],
    ],
    ['none of a text', { text: 'Till 3' }, []],
    ['none of a sticker, which is its emoji', { sticker: file('a', { emoji: '🔥' }) }, []],
    ['none of a location', { location: { latitude: 1, longitude: 2 } }, []],
    ['none of a photo without sizes', { photo: [] }, []],
  ])('are %s', (_, parts, files) => expect(read(parts).map(({ id, name }) => [id, name])).toEqual(files));

  it('have names in one line, of which the end is kept', () => {
    const nameOf = (file_name: string) => read({ document: file('a', { file_name }) })[0]!.name;
    expect(nameOf('a\u202e\nb.txt')).toBe('a b.txt');
    expect(nameOf(`${'ж'.repeat(300)}.jpeg`)).toBe(`${'ж'.repeat(195)}.jpeg`);
    expect(nameOf(' \n ')).toBe('file');
  });
});
