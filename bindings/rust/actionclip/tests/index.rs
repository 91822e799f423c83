//! Search in an archive.

use std::fs;

use actionclip::{Index, IndexOptions, NumberType, QueryOptions, Result, Status};

/// An archive of rows of two numbers, one for each video.
fn archive(name: &str, rows: &[[f32; 2]]) -> std::path::PathBuf {
    let folder = std::env::temp_dir().join(format!("actionclip-{}-{name}", std::process::id()));
    fs::create_dir_all(&folder).unwrap();
    let manifest = r#"{"format":"actionclip-archive","version":1,"dimension":2,"dtype":"float32","window":2,"step":1}"#;
    fs::write(folder.join("manifest.json"), manifest).unwrap();
    let lines: String =
        (0..rows.len()).map(|row| format!("{{\"path\":\"v{row}\",\"start\":{row},\"end\":{}}}\n", row + 2)).collect();
    fs::write(folder.join("meta_0000.jsonl"), lines).unwrap();
    let header = format!("{{'descr': '<f4', 'fortran_order': False, 'shape': ({}, 2), }}", rows.len());
    let mut bytes = b"\x93NUMPY\x01\x00\x76\x00".to_vec();
    bytes.extend(format!("{header:<117}\n").bytes());
    bytes.extend(rows.iter().flatten().flat_map(|number| number.to_le_bytes()));
    fs::write(folder.join("emb_0000.npy"), bytes).unwrap();
    folder
}

fn refused<T>(result: Result<T>) {
    assert_eq!(result.err().map(|error| error.status()), Some(Status::INVALID_ARGUMENT));
}

#[test]
fn moments_are_found_by_the_sum_of_parts() {
    let folder = archive("index", &[[1.0, 0.0], [0.0, 1.0], [0.6, 0.8]]);
    let options = IndexOptions { threads: Some(1), in_memory: true };
    for index in [Index::open(&folder).unwrap(), Index::open_with(&folder, &options).unwrap()] {
        let info = index.info().unwrap();
        assert_eq!((info.dimension, info.rows, info.removed_rows, info.window), (2, 3, 0, 2.0));
        assert_eq!(info.number_type, NumberType::Fp32);
        assert!(index.manifest().contains("float32"));
        let found = index.query(&[(&[0.0, 7.0], 1.0)], 2, &QueryOptions::default()).unwrap();
        assert_eq!(found.iter().map(|moment| moment.row).collect::<Vec<_>>(), [1, 2]);
        assert_eq!((found[0].score, found[0].start, found[0].peak_end), (1.0, 1.0, 3.0));
        assert_eq!(index.path(1).unwrap(), "v1");
        assert_eq!(index.times(2).unwrap(), (2.0, 4.0));
        let away = index.query(&[(&[1.0, 0.0], 1.0), (&[0.0, 1.0], -1.0)], 1, &QueryOptions::default()).unwrap();
        assert_eq!(away[0].row, 0);
        let most = QueryOptions { merge: false, minimum_score: 0.9 };
        assert_eq!(index.query(&[(&[0.0, 1.0], 1.0)], 3, &most).unwrap().len(), 1);
    }
}

#[test]
fn wrong_arguments_are_refused() {
    let index = Index::open(archive("wrong_index", &[[1.0, 0.0]])).unwrap();
    let options = QueryOptions::default();
    let none: [(&[f32], f32); 0] = [];
    refused(index.query(&none, 1, &options));
    refused(index.query(&[(&[1.0], 1.0)], 1, &options));
    refused(index.query(&[(&[1.0, 0.0], 1.0), (&[1.0], 1.0)], 1, &options));
    refused(index.query(&[(&[1.0, 0.0], 1.0)], 0, &options));
    refused(index.query(&[(&[1.0, 0.0], 1.0)], usize::MAX, &options));
    refused(index.path(1));
    assert_eq!(Index::open("/no/such/folder").err().map(|error| error.status()), Some(Status::FILE_OPEN));
}
