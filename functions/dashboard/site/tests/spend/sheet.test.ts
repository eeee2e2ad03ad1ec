import { describe, expect, it } from 'vitest'
import { cellsOf, readRates, writeRates } from '../../src/pages/spend/sheet'

describe('a sheet of rates', () => {
  it('is read with semicolons, tabs or commas, header or none, and amounts stay the texts that they were', () => {
    const expected = [
      { prefix: '48', name: 'Poland', per_minute: '0.0150', connect_fee: '0.01', increment_s: 1 },
      { prefix: '', name: 'rest', per_minute: '1.10', connect_fee: '0', increment_s: 60 },
    ]
    expect(readRates('prefix;name;per_minute\n+48;Poland;0.0150;0.01;1\n*;rest;1,10').rates).toEqual(expected)
    expect(readRates('48\tPoland\t0.0150\t0.01\t1\n\trest\t1,10').rates).toEqual(expected)
    expect(readRates('48,Poland,0.0150,0.01,1\n').rates).toEqual(expected.slice(0, 1))
  })

  it('comes back as it was written', () => {
    const rates = [
      {
        prefix: '1',
        name: 'USA; Canada "north"',
        per_minute: '0.0033333333',
        connect_fee: '0',
        increment_s: 6,
      },
      { prefix: '', name: '', per_minute: '0.5', connect_fee: '0.05', increment_s: 60 },
    ]
    expect(readRates(writeRates(rates))).toEqual({ rates, wrong: [] })
  })

  it('names every wrong line and why', () => {
    const { rates, wrong } = readRates(
      [
        '48;Poland;0.01',
        '48;again;0.02',
        'x;no prefix;1',
        '49;Germany;cheap',
        '33;France',
        '34;Spain;1;0;0',
        '',
      ].join('\n'),
    )
    expect(rates).toHaveLength(1)
    expect(wrong.map(({ line, reason }) => [line, reason])).toEqual([
      [2, 'twice'],
      [3, 'prefix'],
      [4, 'amount'],
      [5, 'columns'],
      [6, 'increment'],
    ])
  })

  it('takes no amount that a float could have spoilt', () => {
    expect(readRates('48;Poland;1e-3').wrong[0]?.reason).toBe('amount')
    expect(readRates('48;Poland;-1').wrong[0]?.reason).toBe('amount')
  })
})

describe('cells of a line', () => {
  it('may hold separators and quotes in quotes', () => {
    expect(cellsOf('a;"b;c";"say ""d"""; e ')).toEqual(['a', 'b;c', 'say "d"', 'e'])
  })
})
