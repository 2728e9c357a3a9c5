/** Typed events: `on` returns what ends the listening, and a listener that throws harms nobody but itself. */

export type Listener<T> = (value: T) => void

/** More listeners to one event than any page has; a listener added in every frame of a game is found by it. */
const LISTENERS_MAX = 256

/** Something that tells of events, by name; `Events` maps each name to what its listeners are given. */
export class Emitter<Events extends object> {
  readonly #listeners = new Map<keyof Events, Set<Listener<never>>>()

  /** Listen to an event until the function that comes back is called. Throws RangeError beyond 256 listeners. */
  on<Name extends keyof Events>(name: Name, listener: Listener<Events[Name]>): () => void {
    const listeners = this.#listeners.get(name) ?? new Set()
    if (listeners.size >= LISTENERS_MAX) {
      throw new RangeError(`${String(name)}: at most ${LISTENERS_MAX} listeners; end those that are done`)
    }
    this.#listeners.set(name, listeners.add(listener))
    return () => void listeners.delete(listener)
  }

  /** Listen to an event once. */
  once<Name extends keyof Events>(name: Name, listener: Listener<Events[Name]>): () => void {
    const end = this.on(name, (value) => {
      end()
      listener(value)
    })
    return end
  }

  /** Tell everybody who listens. What a listener throws is reported as uncaught, after the others have heard. */
  protected emit<Name extends keyof Events>(name: Name, value: Events[Name]): void {
    for (const listener of [...(this.#listeners.get(name) ?? [])]) {
      try {
        ;(listener as Listener<Events[Name]>)(value)
      } catch (error) {
        queueMicrotask(() => {
          throw error
        })
      }
    }
  }
}
