import type { MessageEntity } from 'grammy/types';

type Link = MessageEntity & { readonly type: 'text_link' };

/**
 * The text with the target of each link after its label: `the log (https://…)`. Telegram counts offsets in UTF-16 code
 * units, as JavaScript does. A target that is the label already is left out.
 */
export function withLinkTargets(text: string, entities: readonly MessageEntity[] = []): string {
  const links = entities.filter((entity): entity is Link => entity.type === 'text_link');
  // From the last to the first: an insertion changes no offset that is still needed.
  return links
    .toSorted((one, other) => endOf(other) - endOf(one))
    .reduce((result, link) => {
      const label = text.slice(link.offset, endOf(link)).trimEnd();
      // Other formatting may cut one link into several entities.
      const isContinued = links.some(({ offset, url }) => offset === endOf(link) && url === link.url);
      if (isContinued || bare(label) === bare(link.url)) return result;
      const end = link.offset + label.length;
      return `${result.slice(0, end)} (${link.url})${result.slice(end)}`;
    }, text);
}

const endOf = ({ offset, length }: Link): number => offset + length;

const bare = (address: string): string =>
  address
    .trim()
    .replace(/^https?:\/\//i, '')
    .replace(/\/$/, '');
