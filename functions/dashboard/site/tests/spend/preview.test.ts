import { describe, expect, it } from 'vitest'
import { guess, guessForm, lacks, linesOf, preview } from '../../src/pages/spend/preview'

describe('the preview of an invoice', () => {
  it('shows header and first lines of any separator, without a mark of byte order', () => {
    const shown = preview(
      '\uFEFFDatum;Uhrzeit;Betrag\r\n01.03.2026;10:00;0,12\r\n02.03.2026;11:00;0,50\r\n',
      0,
      1,
    )
    expect(shown).toEqual({
      header: ['Datum', 'Uhrzeit', 'Betrag'],
      rows: [['01.03.2026', '10:00', '0,12']],
      lines: 2,
    })
  })

  it('begins below what stands before the header', () => {
    expect(preview('Invoice 7\nACME\nCall,Price\n1,2', 2).header).toEqual(['Call', 'Price'])
  })

  it('keeps a cell with a line end in one line', () => {
    expect(linesOf('a,"b\nc"\nd')).toEqual(['a,"b\nc"', 'd'])
  })
})

describe('the guess of a mapping', () => {
  it('knows the heads of the simulator, of a German and of a Polish provider', () => {
    expect(guess(['Call', 'Number', 'Other party', 'Start', 'Price', 'Currency'])).toEqual({
      id: 'Call',
      number: 'Number',
      remote: 'Other party',
      started_at: 'Start',
      amount: 'Price',
      currency: 'Currency',
    })
    expect(guess(['Datum', 'Uhrzeit', 'Rufnummer', 'Ziel', 'Dauer', 'Betrag'])).toEqual({
      date: 'Datum',
      time: 'Uhrzeit',
      number: 'Rufnummer',
      remote: 'Ziel',
      duration: 'Dauer',
      amount: 'Betrag',
    })
    expect(guess(['Numer', 'Data', 'Czas trwania', 'Koszt netto'])).toMatchObject({
      number: 'Numer',
      date: 'Data',
      duration: 'Czas trwania',
      amount: 'Koszt netto',
    })
  })

  it('takes a moment or date and time, not both', () => {
    const found = guess(['Start', 'Date', 'Time', 'Amount'])
    expect(found.started_at).toBe('Start')
    expect(found.date).toBeUndefined()
  })
})

describe('how an invoice is written', () => {
  const form = (text: string) => {
    const shown = preview(text, 0)
    return guessForm(shown, guess(shown.header))
  }

  it('is seen in its first lines', () => {
    expect(form('Datum;Uhrzeit;Ziel;Dauer;Betrag\n01.03.2026;10:00;+48;1:05;0,12')).toEqual({
      moment_form: 'DD.MM.YYYY hh:mm',
      duration_form: 'clock',
      decimal_mark: ',',
    })
    expect(form('Start,To,Duration,Amount\n01.03.2026 10:00:09,+48,65,0.12').moment_form).toBe(
      'DD.MM.YYYY hh:mm:ss',
    )
  })

  it('is ISO 8601 where it looks so, and left to the reader where day and month cannot be told', () => {
    expect(form('Start,To,Amount\n2026-03-01T10:00:00Z,+48,0.12').moment_form).toBe('')
    expect(form('Start,To,Amount\n03/04/2026 10:00,+48,0.12').moment_form).toBe('')
  })
})

describe('a mapping lacks', () => {
  it('what the API cannot do without', () => {
    expect(lacks({})).toEqual(['amount', 'start', 'key'])
    expect(lacks({ amount: 'A', started_at: 'S', remote: 'R' })).toEqual([])
    expect(lacks({ amount: 'A', started_at: 'S', date: 'D', id: 'I' })).toEqual(['both'])
    expect(lacks({ amount: 'A', time: 'T', id: 'I' })).toEqual(['start', 'time'])
    expect(lacks({ amount: 'A', date: 'A', id: 'I' })).toEqual(['twice'])
  })
})
