// Data of the problem; see `origin`.
extension BenchmarkSuite {
  static let threshold3 = #"""
    {"name":"threshold-3","version":1,
    "summary":"Three domains and skills that are learnt past a threshold: no power law.","origin":"planted",
    "domains":["d1","d2","d3"],"availableTokens":[1166400000,2592000000,25920000000],"targets":["t1","t2"],
    "weights":[0.5,0.5],"aggregate":"mean","sizes":[{"name":"1M","parameters":1000000,"tokens":[16000000,
    48000000,144000000,432000000,1296000000]},{"name":"4M","parameters":4000000,"tokens":[16000000,48000000,
    144000000,432000000,1296000000]},{"name":"16M","parameters":16000000,"tokens":[16000000,48000000,
    144000000,432000000,1296000000]},{"name":"64M","parameters":64000000,"tokens":[16000000,48000000,
    144000000,432000000,1296000000]}],"target":{"level":3,"rung":4},"budget":12,"trials":32,"noise":0.004,
    "landscape":{"kind":"skills","content":[[0.159,0.0765,0.0245,0.738,0.00276],[0.257,0.00394,0.705,0.0282,
    0.00624],[0.396,0.45,0.145,0.00834,4.19e-06]],"demand":[[0.458,0.078,0.228,0.102,0.134],[0.45,0.000176,
    0.143,0.404,0.00245]],"text":[0.9,2.0,20.0],"harm":[[0.0,0.0,0.0],[0.0,0.0,0.0]],"floor":[1.94,1.77,
    1.71,1.85,1.75],"scale":[0.504,0.557,0.522,0.248,0.515],"power":[0.155,0.197,0.395,0.263,0.439],
    "threshold":[0.207,0.0,0.244,0.263,0.0],"offset":0.01,"shift":0.08,"crossing":0.05,"capacity":0.06,
    "size":0.8,"repeat":4.0},"optimum":[0.0,0.652988,0.347012]}
    """#
}
