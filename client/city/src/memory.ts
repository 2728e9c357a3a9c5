/** What this browser keeps: who we are in the books, and for a minute the way back into our body. */

import type { Resume } from '@futurecity/client'

const TOKEN = 'futurecity.token'
const NAME = 'futurecity.name'
const RESUME = 'futurecity.resume'

/** Storage may be switched off, or full: then nothing is kept, and nothing else suffers. */
function quietly<T>(does: () => T): T | null {
  try {
    return does()
  } catch {
    return null
  }
}

export const memory = {
  token: (): string | null => quietly(() => localStorage.getItem(TOKEN)),
  name: (): string | null => quietly(() => localStorage.getItem(NAME)),
  keep(token: string | null, name: string): void {
    quietly(() => {
      if (token !== null) localStorage.setItem(TOKEN, token)
      localStorage.setItem(NAME, name)
    })
  },
  forget(): void {
    quietly(() => {
      localStorage.removeItem(TOKEN)
      localStorage.removeItem(NAME)
      sessionStorage.removeItem(RESUME)
    })
  },
  /** The way back, once: a page that is loaded again takes it. */
  takeResume(): Resume | null {
    return quietly(() => {
      const kept = JSON.parse(sessionStorage.getItem(RESUME) ?? 'null') as Partial<Resume> | null
      sessionStorage.removeItem(RESUME)
      return typeof kept?.resume === 'string' && typeof kept.heard === 'number' ? { resume: kept.resume, heard: kept.heard } : null
    })
  },
  keepResume(resume: Resume | null): void {
    quietly(() => {
      if (resume === null) sessionStorage.removeItem(RESUME)
      else sessionStorage.setItem(RESUME, JSON.stringify(resume))
    })
  },
}
