// Calls that ring one's own phone (features.md W8): each is told once, with a sound if the reader turned it on.
import type { Call } from './board'

const KEPT = 'ringlake.live.sound'
const heard = new Set<string>()

/** Those that this tab has not told of yet, on whatever page. */
export function firstHeard(calls: readonly Call[]): Call[] {
  const fresh = calls.filter((call) => !heard.has(call.id))
  for (const call of fresh) heard.add(call.id)
  return fresh
}

export const soundKept = (): boolean => localStorage.getItem(KEPT) === 'on'

export function keepSound(on: boolean): void {
  if (on) localStorage.setItem(KEPT, 'on')
  else localStorage.removeItem(KEPT)
}

let context: AudioContext | null = null

/** Two short tones. A browser that has not been touched yet stays silent. */
export function ringOnce(): void {
  context ??= new AudioContext()
  const { currentTime, destination } = context
  void context.resume()
  for (const [at, pitch] of [
    [0, 660],
    [0.22, 880],
  ] as const) {
    const tone = context.createOscillator()
    const loudness = context.createGain()
    tone.frequency.value = pitch
    loudness.gain.setValueAtTime(0.0001, currentTime + at)
    loudness.gain.exponentialRampToValueAtTime(0.2, currentTime + at + 0.02)
    loudness.gain.exponentialRampToValueAtTime(0.0001, currentTime + at + 0.18)
    tone.connect(loudness).connect(destination)
    tone.start(currentTime + at)
    tone.stop(currentTime + at + 0.2)
  }
}
