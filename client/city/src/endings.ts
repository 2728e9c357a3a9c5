/** What a connection's end means to whoever plays, by its close code (protocol/README.md). */

import { CLOSE_CODES } from '@futurecity/client'

export interface Saying {
  readonly title: string
  readonly text: string
}

export interface Words extends Saying {
  /** What the button says that begins anew. */
  readonly again: string
}

const CODE: Readonly<Record<string, number>> = CLOSE_CODES

/** The page is older than the city, and only a newer one will do. */
export const STALE: Words = {
  title: 'A newer city is open', text: 'This page is older than the city it belongs to.', again: 'Reload',
}

/** It is over. */
export function wordsFor(code: number, reason: string): Words {
  switch (code) {
    case CODE['UNSUPPORTED_VERSION']:
    case CODE['UNKNOWN_KIND']:
      return STALE
    case CODE['REPLACED']:
      return { title: 'You are somewhere else now', text: 'You came in from another page, and your avatar went there.', again: 'Come back here' }
    case CODE['BAD_TOKEN']:
      return { title: 'The city does not know you', text: 'Come in as somebody new.', again: 'To the gate' }
    case CODE['BYE']:
      return { title: 'Good night', text: 'The city is there tomorrow, too.', again: 'Back to the gate' }
    case CODE['FULL']:
    case CODE['FLOOD']:
    case CODE['KICKED']:
    case CODE['BANNED']:
      return { ...wordsWhileAway(code, reason), again: 'Try again' }
    default:
      return { title: 'The connection ended', text: reason, again: 'Reload' }
  }
}

/** It is tried again by itself; until then this is why we are not there. */
export function wordsWhileAway(code: number, reason: string): Saying {
  switch (code) {
    case CODE['KICKED']:
      return { title: 'You were sent away', text: reason }
    case CODE['BANNED']:
      return { title: 'You may not come in', text: reason }
    case CODE['FULL']:
      return { title: 'No room', text: 'The city and its waiting room are full.' }
    case CODE['FLOOD']:
      return { title: 'Too much at once', text: reason }
    case CODE['UNAVAILABLE']:
      return { title: 'The city cannot let you in just now', text: reason }
    default:
      return { title: 'The link is lost', text: 'Your place is kept.' }
  }
}

/** Whether a city that serves this page now has another script than `ours`, the path of the one that runs here. */
export function isStale(page: string, ours: string): boolean {
  return page.includes('/assets/') && !page.includes(ours)
}
