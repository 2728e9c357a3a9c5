/** What a connection's end means to whoever plays, by its close code (protocol/README.md). */

import { CLOSE_CODES } from '@futurecity/client'

export interface Words {
  readonly title: string
  readonly text: string
  readonly again: string
}

const CODE: Readonly<Record<string, number>> = CLOSE_CODES

/** The page is older than the city, and only a newer one will do. */
const STALE: Words = {
  title: 'A newer city is open', text: 'This page is older than the city it belongs to.', again: 'Reload',
}

export function wordsFor(code: number, reason: string): Words {
  switch (code) {
    case CODE['UNSUPPORTED_VERSION']:
    case CODE['UNKNOWN_KIND']:
      return STALE
    case CODE['REPLACED']:
      return { title: 'You are somewhere else now', text: 'You came in from another page, and your avatar went there.', again: 'Come back here' }
    case CODE['FULL']:
      return { title: 'No room', text: 'The city and its waiting room are full.', again: 'Try again' }
    case CODE['BAD_TOKEN']:
      return { title: 'The city does not know you', text: 'Come in as somebody new.', again: 'To the gate' }
    case CODE['FLOOD']:
      return { title: 'Too much at once', text: reason, again: 'Try again' }
    case CODE['BYE']:
      return { title: 'Good night', text: 'The city is there tomorrow, too.', again: 'Back to the gate' }
    default:
      return { title: 'The connection ended', text: reason, again: 'Reload' }
  }
}
