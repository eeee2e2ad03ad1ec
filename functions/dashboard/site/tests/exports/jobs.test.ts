import { expect, test } from 'vitest'
import { isUnderWay, pause } from '../../src/pages/exports/looks'

test('a file under way is looked at soon, then ever more slowly, and at least four times a minute', () => {
  const waits = Array.from({ length: 30 }, (_, looks) => pause(looks))
  expect(waits[0]).toBeLessThan(1000)
  expect(waits).toEqual([...waits].sort((a, b) => a - b))
  expect(Math.max(...waits)).toBe(15_000)
})

test('what is queued or running is under way, and nothing else', () => {
  const states = ['queued', 'running', 'ready', 'failed', 'cancelled', 'expired'] as const
  expect(states.filter((state) => isUnderWay({ state }))).toEqual(['queued', 'running'])
})
