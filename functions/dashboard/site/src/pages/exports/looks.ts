// When to look again at what is being made.
import type { Schemas } from '../../ask'

export const isUnderWay = (job: { state: Schemas['JobState'] }): boolean =>
  job.state === 'queued' || job.state === 'running'

/** Milliseconds to the next look: soon at first, four times a minute in the end. */
export const pause = (looks: number): number => Math.min(700 * 1.35 ** looks, 15_000)
