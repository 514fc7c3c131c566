/**
 * What the time zone database calls the hours of a zone. JavaScript knows American names only and gives `GMT+1` for the others.
 * Names by minutes from UTC, for zones people use; the rest of the world's zones have no letters, or none that are used.
 */
const families: ReadonlyArray<readonly [names: Readonly<Record<number, string>>, zones: string]> = [
  [
    { 60: 'CET', 120: 'CEST' },
    'CET MET Europe/Amsterdam Europe/Andorra Europe/Belgrade Europe/Berlin Europe/Bratislava Europe/Brussels Europe/Budapest Europe/Busingen ' +
      'Europe/Copenhagen Europe/Gibraltar Europe/Ljubljana Europe/Luxembourg Europe/Madrid Europe/Malta Europe/Monaco Europe/Oslo Europe/Paris ' +
      'Europe/Podgorica Europe/Prague Europe/Rome Europe/San_Marino Europe/Sarajevo Europe/Skopje Europe/Stockholm Europe/Tirane Europe/Vaduz ' +
      'Europe/Vatican Europe/Vienna Europe/Warsaw Europe/Zagreb Europe/Zurich Poland Africa/Algiers Africa/Tunis Africa/Ceuta Arctic/Longyearbyen',
  ],
  [
    { 120: 'EET', 180: 'EEST' },
    'EET Europe/Athens Europe/Bucharest Europe/Chisinau Europe/Helsinki Europe/Kiev Europe/Kyiv Europe/Mariehamn Europe/Riga Europe/Sofia ' +
      'Europe/Tallinn Europe/Vilnius Europe/Kaliningrad Asia/Beirut Asia/Nicosia Africa/Cairo Africa/Tripoli Egypt',
  ],
  [{ 0: 'WET', 60: 'WEST' }, 'WET Europe/Lisbon Portugal Atlantic/Canary Atlantic/Madeira Atlantic/Faroe'],
  [{ 0: 'GMT', 60: 'BST' }, 'Europe/London Europe/Belfast Europe/Jersey Europe/Guernsey Europe/Isle_of_Man GB'],
  [{ 0: 'GMT', 60: 'IST' }, 'Europe/Dublin Eire'],
  [{ 0: 'GMT' }, 'GMT Etc/GMT Greenwich Africa/Abidjan Africa/Accra Africa/Dakar Atlantic/Reykjavik Iceland'],
  [{ 180: 'MSK', 240: 'MSK' }, 'Europe/Moscow Europe/Simferopol W-SU'],
  [{ 120: 'IST', 180: 'IDT' }, 'Asia/Jerusalem Asia/Tel_Aviv Israel'],
  [{ 330: 'IST' }, 'Asia/Kolkata Asia/Calcutta'],
  [{ 300: 'PKT' }, 'Asia/Karachi'],
  [{ 420: 'WIB' }, 'Asia/Jakarta'],
  [{ 480: 'CST' }, 'Asia/Shanghai Asia/Chongqing Asia/Macau Asia/Taipei PRC ROC'],
  [{ 480: 'HKT' }, 'Asia/Hong_Kong Hongkong'],
  [{ 480: 'PST' }, 'Asia/Manila'],
  [{ 540: 'JST' }, 'Asia/Tokyo Japan'],
  [{ 540: 'KST' }, 'Asia/Seoul Asia/Pyongyang ROK'],
  [{ 480: 'AWST' }, 'Australia/Perth'],
  [{ 570: 'ACST', 630: 'ACDT' }, 'Australia/Adelaide Australia/Darwin Australia/Broken_Hill'],
  [{ 600: 'AEST', 660: 'AEDT' }, 'Australia/Sydney Australia/Melbourne Australia/Brisbane Australia/Canberra Australia/Hobart'],
  [{ 720: 'NZST', 780: 'NZDT' }, 'Pacific/Auckland NZ'],
  [{ 60: 'WAT' }, 'Africa/Lagos Africa/Kinshasa Africa/Luanda'],
  [{ 120: 'CAT' }, 'Africa/Maputo Africa/Harare Africa/Lusaka Africa/Khartoum'],
  [{ 120: 'SAST' }, 'Africa/Johannesburg'],
  [{ 180: 'EAT' }, 'Africa/Nairobi Africa/Addis_Ababa Africa/Kampala'],
];

const namesByZone = new Map(families.flatMap(([names, zones]) => zones.split(' ').map((zone) => [zone, names] as const)));

/** What a zone calls itself at an offset; undefined when it is not among those above. */
export function zoneAbbreviation(zone: string, offsetSeconds: number): string | undefined {
  return namesByZone.get(zone)?.[offsetSeconds / 60];
}
