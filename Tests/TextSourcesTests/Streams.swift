import Foundation

/// Streams made by Python 3.11's zlib, gzip, zipfile and tarfile, and R data laid out after R
/// Internals, 1.8.
enum Streams {
  static func bytes(_ base64: String) -> [UInt8] {
    Array(Data(base64Encoded: base64, options: .ignoreUnknownCharacters)!)
  }

  static let fox = Array(
    String(repeating: "The quick brown fox jumps over the lazy dog. ", count: 3).utf8)

  /// zlib, level 0: `fox` in a stored block.
  static let stored = bytes(
    """
    eAEBhwB4/1RoZSBxdWljayBicm93biBmb3gganVtcHMgb3ZlciB0aGUgbGF6eSBkb2cuIFRoZSBxdWljayBicm93biBm
    b3gganVtcHMgb3ZlciB0aGUgbGF6eSBkb2cuIFRoZSBxdWljayBicm93biBmb3gganVtcHMgb3ZlciB0aGUgbGF6eSBk
    b2cuIPk8MHY=
    """)

  /// zlib, Z_FIXED: `fox`.
  static let fixed = bytes(
    """
    eAELyUhVKCzNTM5WSCrKL89TSMuvUMgqzS0oVsgvSy1SKAFK5yRWVSqk5KfrKYTQTDEA+Twwdg==
    """)

  /// zlib, Z_HUFFMAN_ONLY: 3000 bytes, min(255, int(expovariate(0.05))) after seed(1); codes of up to 15 bits.
  static let dynamic = bytes(
    """
    eAEFwelzG+UdAODfe5/7XntrpZVWWsk6bEuOEzsJSZqExJhwBAoFBsq0DL0+lHam39pOP7Z/d58Hr6csM+UcwWimYFr2
    9BLA3yqqgZmMMWo5jKGgP51h2Ta3elWJuF+7CGyuiW8qZVzvVAbQfBk1yb6Y+TPmnkXL/Qvol4fJ4IJB20BdJqXPkwVG
    4tliPrCxQgBThnOJiCO8scKC0hRfOpoGANKSpvL03dyxQkeRI/FmJ87E404z2MPyVSDb+8YpSStDcSkysbsAKr7pJa3G
    R3JfZ1+zFpETnaZRSb5Nzw84YEDb+UrmvQoM8fNwbXm/ggrhA7DvNCaswyd1d+TM4hLgS5GMQKe7t5jmn/u6ZF4wxL80
    ZfFYCSHW50L6mBgwFBAq+Dw7I9kcfUBmXy0Fdg/4OTmBuFwcx64mhrQVQ68H7zdWSwaFDkhizFZaJwY+K0w9YVnGdDhe
    8QKQ25HZXtRr1UzS5uJlIIyGKapa6cgE3i9yfnqJZ2PZmOs7tTBE4ONLnDQWrANqIE8j5Z5HVs+He59tZkFxvMCd/3B6
    j7MgMunBGKH7OisUBZ72K/eNXenuW0FyL0EZfRYnF13WFUWu8+K2X8+GJHmz82SVWXCdliW4p7WuE6UHjlZOuQkpm4En
    Fsh8K9jrZg0XuTDTnubk3pwmiTuMW9mxthVYZ5iidKDQDK+THHGNdaYIW9pIW5lOf4b5Rqj4QO+n5ASkRArb8QhoBI4R
    FF29LlX+tmDoJsoUHJKa7k3Zdm3H3pEHmw1Cg1VfgTdYN3twaIFATQSeLzbCsCBl/yLi0nzXjo2/WHGiHJYRhlIIKbrM
    kSsh0GfZ6eHb4fp6gV38qW86+aTQ9jNPSB2OVE8Q9hzzwiG0KcgZqHXDz9P23FT+yaId/sNoN3OZ3s8jbCwVNWBx6O58
    CM4vn+tcCBf9J6T4yyQofXtRXVyvlZ2rLpMWSw2En0X+T+YmtemzNvuoRfhDBix7ptsVSr94L5++xUFXmPNsftZXSFXc
    HfEGqyN1+vB7nl14OpUZfF8+fMu9mY6MNxrTkF76RDSvOVVWJrKvPRJ1MZyLTGLCkG9CzWg4aACRI1Z9JZMDSdisAtRi
    wRFgfVOwijvxgVwU67TVVe6D1xeFR45Q4xn3VmNVer9uaxAVOZE9HdfyQNbK4MTLRYJnDwoV9rZP+kYnZKEBwMRJ/utj
    uViygQVJZldiL8tfZsgoPpimcKg6J0Umm4/hQq1Ii+Vd2VubzVpqfHg4EoUB0Vk15+Sj5VPQxeTkFSy+OJaSzW5ekujM
    /KZt6tKzHhcqFNmnDF4IrtNvGuFNpolWdJAkrPt8IgmT3BLM6MJTs4tB0Rz1qFNVxB4xxctv5Mga6dGKWj7EfMrQSgwv
    crwpGHX42CzVNW4ZYDpVWc6L6kG2eTPTHK9wsECX/vqIKtDmRaLOUbl7P0NHuyLkyCH7cdQ/z8dCH+1NOFkTBYkbvu1n
    +r/ziCNcShWKmBVrkw1ABL0gWLjlXzcJUL7kb33MEbnliLec8mwidu+WSDw8w0Z1ILoDxHJn7inGEXOKXsnXLX0E74EF
    mKIBPOWZUiWltbgxFgDn5TPTSKSbxbNV8Jmt4sbYVeXCIjGRwJ4z01zXuTKF7KHrBMjYbynC3xe4fpnYq4bOXFRcO7tF
    9DblOdOU/NDtoRFZBSrsnEiRew4CZdm2637gimHn8PWnCNBkg8BLAEqFZ4weWLBSAy2mlBzxfE9WBLiMZl5i2uFnA+VM
    M2BU2l2ZnynDVrtTwmh+8A8eTZWV2gImYdcQm2OUWEE2wvjD1bpG1H/dUvnKbc/6vJT4A+D5h5SthZbocQ0Yq3PChLv0
    l97sonXSIDrFlCgkU7VFBZVxrL4GkQFSASPRhX+k85hphMozIEKsmMie8QLMQyrLEFMlpHZhp83qjk1YBy40V/OQQQgd
    iahdmroUaCqJWT0PdyQDtkOl+/aPmP9OklMugrGB5C9izwm8x6qc5GYwI2qxMtRsgL4z6jQjiczCAj1ka3PAyD6yjnhz
    6Cwhd4kN1O4wRkQJDpnpRBQdyYz1XiyfhaIV0WbaU0YT649T8UTKVOp+w5muK6IuX6Z+ZCiphpsBaeIn306J8UVz/4SS
    O/IGR4zlvBFYEpZl18gHIvG5RNYfWnqEGpZ0Psywxu2fXFkSJTutPEUMKpsHNCzB9PqsLo99BFu7KEdWGAKYW0Dzz41N
    2FdPCq9Pzk4MiluF8RGXyJ2YSDEoSDw3/BdxZz0njY3UldNS18nmApH78xUb517gf/1vYyYnj9/5WY4s8Fd1wHUq6ocm
    +VhRhCGInpAtknXgOLINv4HErRnoDIqlWUt5+u2cPVFbQVn9mcP1RQ9i1vztYlErmNkt3hSHxjjMIpFFOjdBT/OnBPO8
    oDzxFe5J2z+5hPI0sx1f6DuIeHaXjQwWGlWXKElAIITPNxuS71j6rmjETyshINv1hBFOSbja5OJIgc4bQQs3Nwgx1wZ4
    bj1lNB255AD9J4CsYFtKj3ldwafA7PgBYMBXyFPgzO+85yTTlxSQoHo/ias9qrFWHGjzqxME6jxBGRoPsBghWrIMw81d
    uUPSOjXEtXksfw4qx3VaIB3R9DKfPrHuUPE4W2NSt5NMvWQcUF7SCVFFbwdbrkK4AQDh8wp27I1cN+D0H5gm4HMystvq
    zoyp1Y7La7TqiBmdc+THjstmG7j0h4ZByXfk7wsGS0wUQb7sEbIdTfhid6vQ0kjTTAwn6NUbFO/jHWlHTJ+y/NTMxBrr
    rAGkyMlEc3Z9iVJ/FSwB4K32/P4BV1izVtTQFHx2dqxNnIp9X0/RYOrSTDZ/hqtZmkoNDxcuLUlo4yes6tVjTYj65uqi
    zIr0XKnJYkIKzhngao6f2h7QgKEEPeDx9HG+JHG3JSvt5pXYPBoQRIy2wMWjp73Fr1nRu8OtapCpuJrSa8JyNkpcmRwj
    4Sgdmdz9e0amaMGpIf8HPLDmYQ==
    """)

  /// Two gzip members.
  static let twoMembers = bytes(
    """
    H4sIAAAAAAACA0vLLCouUchNzU1KLeICAKf0hQoNAAAAH4sIAAAAAAACAytOTc7PS1HITc1NSi3iAgA2GEsODgAAAA==
    """)

  /// gzip with a file name in the header.
  static let named = bytes(
    """
    H4sICAAAAAAC/25hbWUudHh0AMtLzE1N4QIA3PB6QQYAAAA=
    """)

  /// A folder, `folder/packed.txt` deflated, `stored.txt` stored, and a comment.
  static let zip = bytes(
    """
    UEsDBBQAAAAAAAAAIQAAAAAAAAAAAAAAAAAHAAAAZm9sZGVyL1BLAwQUAAAACAAAACEAaa7FfAwAAACMAAAAEQAAAGZv
    bGRlci9wYWNrZWQudHh0K0hMzk5NUSgYDBQAUEsDBBQAAAAAAAAAIQAL+UNWBgAAAAYAAAAKAAAAc3RvcmVkLnR4dHN0
    b3JlZFBLAQIUAxQAAAAAAAAAIQAAAAAAAAAAAAAAAAAHAAAAAAAAAAAAAACAAQAAAABmb2xkZXIvUEsBAhQDFAAAAAgA
    AAAhAGmuxXwMAAAAjAAAABEAAAAAAAAAAAAAAIABJQAAAGZvbGRlci9wYWNrZWQudHh0UEsBAhQDFAAAAAAAAAAhAAv5
    Q1YGAAAABgAAAAoAAAAAAAAAAAAAAIABYAAAAHN0b3JlZC50eHRQSwUGAAAAAAMAAwCsAAAAjgAAAAkAYSBjb21tZW50
    """)

  /// Lazy-load database: ["one", NA, "zwölf"] of version 3, an integer, ["three"] of version 2.
  static let rdb = bytes(
    """
    AAAAQHici+BiYGBgZmBhApKsQCYDa2iIm64FkCEAkWDgBNH5eakg5n8ggAqxVZUf3paTBgDKDwqKAAAAGnici+BiYGBg
    YmBhApLMQCYDLxAzAjE7AAtnAIUAAAAjeJyL4GJgYGBiYGECksxAJoMAEDMCMScQs5ZkFKWmAgAW5QKn
    """)

  /// gzip of a GNU tar: b.txt, a link, and a name of 166 bytes.
  static let gnuTar = bytes(
    """
    H4sIAAAAAAACA+3WSwrCMBSF4buUrCCPprFTF9BNtFBELBW0gu7e6EAkCJ2YKPT/LiGh05Mcqk2v5+ssOdloU9fPPUr3
    yL+dH98b64IoKwVcznN3UkpWqh8GwXppM+6nQ94KWH7/ydnZ4KyoKn81rf79a6PNtj1OuzZeg4z5f8j9lXkVXNr/TfCi
    Wvq/QP6dGWP8/7wKtICQf7610P/O+aT/fVWHhv+/Erobw3x/aFYAAAAAAAAAAIDfuAM5Dt8jACgAAA==
    """)

  /// gzip of a PAX tar: a name of 166 bytes.
  static let paxTar = bytes(
    """
    H4sIAAAAAAACA+3TMQrCMBSA4Td7ip4geUlrdREdHb3CAwuOpUbIybyAF9MqCArdWlH8vwx5ZMnw+J13frOzvG1s33Qy
    CX0YujXW8Tnf34PGMJciywecjsm62/fyn8JiWbSWDivnzV/O331cymkmGFG/9vXI+jW9919X1WD/quVr/zFoKKVQ+p9c
    a5kIAAAAAAAAAAAAAAAAftgVXak9ZgAoAAA=
    """)
}
