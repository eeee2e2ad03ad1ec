import { describe, expect, it } from 'vitest'
import { ranked } from '../../src/pages/team/ranks'

const places = (values: (number | string | null)[]) =>
  ranked(
    values.map((value) => ({ value })),
    (row) => row.value,
  )

describe('a ranking', () => {
  it('keeps the order of the answer, and equal values share a place', () => {
    expect(places([9, 5, 5, 2]).map((one) => one.place)).toEqual([1, 2, 2, 4])
  })

  it('has those without a value last and without a place', () => {
    const found = places([null, 3, 1])
    expect(found.map((one) => [one.row.value, one.place])).toEqual([
      [3, 1],
      [1, 2],
      [null, null],
    ])
  })

  it('has bars as parts of the longest, also of money and where all are nothing', () => {
    expect(places(['20.00', '5.00']).map((one) => one.share)).toEqual([1, 0.25])
    expect(places([0, 0]).map((one) => [one.place, one.share])).toEqual([
      [1, 0],
      [1, 0],
    ])
    expect(places([])).toEqual([])
  })
})
