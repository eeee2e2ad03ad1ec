import { expect, test } from 'vitest'
import { readLive, writeLive } from '../../src/pages/live/filter'

test('a filter in an address is read and written as it was, beside what is not its own', () => {
  const search = 'wall=1&users=u1&users=u2&queues=Sprzeda%C5%BC+1&types=incoming&include_internal=true'
  const filter = readLive(search)
  expect(filter).toEqual({
    users: ['u1', 'u2'],
    queues: ['Sprzedaż 1'],
    types: ['incoming'],
    include_internal: true,
  })
  expect(readLive(writeLive('wall=1', filter).toString())).toEqual(filter)
  expect(writeLive(search, {}).toString()).toBe('wall=1')
})

test('what the server would refuse is left out of an address', () => {
  expect(
    readLive('types=inbound&types=incoming&types=incoming&statuses=over&users=&include_internal=yes'),
  ).toEqual({
    types: ['incoming'],
  })
})
