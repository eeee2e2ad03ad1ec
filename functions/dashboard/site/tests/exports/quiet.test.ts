import { expect, test } from 'vitest'
import { quietOf } from '../../src/pages/settings/quiet'

test('one window on some days is shown as such', () => {
  expect(quietOf({ '1': [['22:00', '07:00']], '5': [['22:00', '07:00']] })).toEqual({
    days: [1, 5],
    from: '22:00',
    to: '07:00',
  })
})

test('no windows are no days', () => {
  expect(quietOf({})?.days).toEqual([])
  expect(quietOf({ '1': [] })?.days).toEqual([])
})

test('a week that says more is left alone', () => {
  expect(quietOf({ '1': [['22:00', '07:00']], '2': [['20:00', '07:00']] })).toBeNull()
  expect(
    quietOf({
      '1': [
        ['00:00', '07:00'],
        ['22:00', '23:00'],
      ],
    }),
  ).toBeNull()
})
