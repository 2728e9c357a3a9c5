/** A real city for tests: the Python server of this checkout, on free ports, with books of its own. */

import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

const ROOT = join(dirname(fileURLToPath(import.meta.url)), '..', '..', '..')

export interface CityProcess {
  /** `ws://127.0.0.1:port/play` */
  readonly url: string
  stop(): Promise<void>
}

/** Open a city; `FUTURECITY_PYTHON` names another interpreter than that of `make setup`. */
export async function openCity(...flags: string[]): Promise<CityProcess> {
  const python = process.env['FUTURECITY_PYTHON'] ?? join(ROOT, '.venv', 'bin', 'python')
  const home = mkdtempSync(join(tmpdir(), 'futurecity-'))
  const books = ['--store.url', `sqlite:///${join(home, 'books.db')}`]
  const ports = ['--game.host', '127.0.0.1', '--game.port', '0', '--game.tcp_port', '0', '--ops.port', '0']
  const city = spawn(python, ['-m', 'server', 'serve', ...ports, ...books, '--game.drain_s', '0', ...flags], { cwd: ROOT })
  const errors: string[] = []
  city.stderr.on('data', (data: Buffer) => errors.push(data.toString()))
  const ended = new Promise<void>((resolve) => city.once('close', () => resolve()))
  const url = await new Promise<string>((resolve, reject) => {
    let game = ''
    city.once('close', (code) => reject(new Error(`the city ended with ${code}: ${errors.join('').slice(-2000)}`)))
    createInterface({ input: city.stdout }).on('line', (line) => {
      game = /^\s*game\s+(\S+)/.exec(line)?.[1] ?? game
      if (line.startsWith('ready:')) resolve(game)
    })
  })
  return {
    url,
    async stop() {
      city.kill('SIGTERM')
      await ended
      rmSync(home, { recursive: true, force: true })
    },
  }
}

/** The next event of its name, or an error after a while. */
export function next<T>(listen: (tell: (value: T) => void) => () => void, what: string, patienceMs = 20_000): Promise<T> {
  return new Promise((resolve, reject) => {
    const late = setTimeout(() => reject(new Error(`no ${what} within ${patienceMs} ms`)), patienceMs)
    const end = listen((value) => {
      clearTimeout(late)
      end()
      resolve(value)
    })
  })
}
